"""Ed25519 verification (RFC 8032), without the cofactor; a key is of prime order, R is not of small order."""

import hashlib

from ristretto import D, ORDER, P, add, basepoint, negate, sqrt_ratio

BASE = basepoint()


def _decode(data):
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number % 2**255
    if y >= P:
        return None
    square, x = sqrt_ratio(y * y - 1, D * y * y + 1)
    if not square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _multiply(scalar, point):
    # Not `msm`: the point may have a torsion component, so the scalar is not reduced.
    total = (0, 1, 1, 0)
    for bit in bin(scalar)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def _encode(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _is_identity(point):
    return point[0] % P == 0 and (point[1] - point[2]) % P == 0


def _small_order(point):
    return _is_identity(_multiply(8, point))


def _prime_order(point):
    return not _is_identity(point) and _is_identity(_multiply(ORDER, point))


def verify(key, message, signature):
    point, nonce = _decode(key), _decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if point is None or nonce is None or s >= ORDER or not _prime_order(point) or _small_order(nonce):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    return _encode(add(_multiply(s, BASE), _multiply(k, negate(point)))) == signature[:32]
