"""The closing argument: dalek's two-phase R1CS argument without gates in phase 2 (docs/bulletproofs.md, 4.3 and 5)."""

import functools
import hashlib

from affine import ONE
from refusal import require
from ristretto import ORDER, basepoint, encode, from_uniform, is_identity, msm


@functools.cache
def generators(letter, count):
    stream = hashlib.shake_256(b"GeneratorsChain" + letter + bytes(4)).digest(64 * count)
    return [from_uniform(stream[64 * i : 64 * i + 64]) for i in range(count)]


def flatten(constraints, n, z):
    """(w_L, w_R, w_O, w_c): the constraints summed with weights z, z^2, ..; w_c is minus the sum of the constants."""
    weights, constant, power = [0] * (3 * n), 0, z
    for form in constraints:
        for wire, coefficient in form.items():
            if wire == ONE:
                constant -= power * coefficient
            else:
                weights[wire] = (weights[wire] + power * coefficient) % ORDER
        power = power * z % ORDER
    return weights[0::3], weights[1::3], weights[2::3], constant


def verify(transcript, body, phase1, constraints, gates, log_n):
    """`phase1` are A_I1, A_O1, S1, already absorbed."""
    t, n = transcript, 1 << log_n
    for label in ("A_I2", "A_O2", "S2"):
        t.append(label, bytes(32))
    y, z = t.challenge("y"), t.challenge("z")
    big_t = {}
    for i in (1, 3, 4, 5, 6):
        encoded, big_t[i] = body.point_and_bytes(f"T_{i}")
        t.append(f"T_{i}", encoded)
    u, x = t.challenge("u"), t.challenge("x")
    t_x, t_blinding, e_blinding = (body.absorbed_scalar(t, s) for s in ("t_x", "t_x_blinding", "e_blinding"))
    w = t.challenge("w")
    t.append("dom-sep", b"ipp v1")
    t.append_u64("n", n)
    rounds, s = [], [1]
    for _ in range(log_n):
        (low, l), (high, r) = body.point_and_bytes("closing L"), body.point_and_bytes("closing R")
        t.append("L", low)
        t.append("R", high)
        c = t.challenge("u")
        inverse = pow(c, -1, ORDER)
        rounds += [(c * c, l), (inverse * inverse, r)]
        s = [value * factor % ORDER for value in s for factor in (inverse, c)]
    a, b = body.scalar(), body.scalar()
    body.end()

    w_l, w_r, w_o, w_c = flatten(constraints, n, z)
    inverse, y_inverse = pow(y, -1, ORDER), [1]
    while len(y_inverse) < n:
        y_inverse.append(y_inverse[-1] * inverse % ORDER)
    delta = sum(yi * r * l for yi, r, l in zip(y_inverse, w_r, w_l))
    base = basepoint()
    blinding_base = from_uniform(hashlib.sha3_512(encode(base)).digest())

    terms = [(x * x * (w_c + delta) - t_x, base), (-t_blinding, blinding_base)]
    terms += [(pow(x, i, ORDER), point) for i, point in big_t.items()]
    require(is_identity(msm(terms)), "closing equation (t)")

    terms = [(pow(x, i + 1, ORDER), point) for i, point in enumerate(phase1)] + rounds
    terms += [(-e_blinding, blinding_base), (w * (t_x - a * b), base)]
    g, h = generators(b"G", n), generators(b"H", n)
    for i in range(n):
        f = 1 if i < gates else u
        terms.append((f * (x * y_inverse[i] * w_r[i] - a * s[i]), g[i]))
        terms.append((f * (y_inverse[i] * (x * w_l[i] + w_o[i] - b * s[n - 1 - i]) - 1), h[i]))
    require(is_identity(msm(terms)), "closing equation (lr)")
