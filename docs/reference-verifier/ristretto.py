"""ristretto255 (RFC 9496) over extended Edwards coordinates, and multi-scalar multiplication. Variable time."""

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
ONE_MINUS_D_SQ = (1 - D * D) % P
D_MINUS_ONE_SQ = (D - 1) * (D - 1) % P
IDENTITY = (0, 1, 1, 0)


def is_negative(x):
    return x % P & 1


def absolute(x):
    x %= P
    return P - x if x & 1 else x


def sqrt_ratio(u, v):
    """(whether u/v is a square, the non-negative root of u/v or of SQRT_M1 u/v)."""
    u, v = u % P, v % P
    r = u * v**3 * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    correct, flipped, flipped_i = check == u, check == -u % P, check == -u * SQRT_M1 % P
    if flipped or flipped_i:
        r = r * SQRT_M1 % P
    return correct or flipped, absolute(r)




INVSQRT_A_MINUS_D = sqrt_ratio(1, -1 - D)[1]
# RFC 9496, section 4.1 gives this root of a d - 1, which is the odd one.
SQRT_AD_MINUS_ONE = -sqrt_ratio(-D - 1, 1)[1] % P


def add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    m = (y1 - x1) * (y2 - x2) % P
    n = (y1 + x1) * (y2 + x2) % P
    c = 2 * D * t1 * t2 % P
    d = 2 * z1 * z2 % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def negate(a):
    return -a[0] % P, a[1], a[2], -a[3] % P


def equal(a, b):
    return (a[0] * b[1] - a[1] * b[0]) % P == 0 or (a[1] * b[1] - a[0] * b[0]) % P == 0


def is_identity(a):
    return equal(a, IDENTITY)


def decode(data):
    """The element, or None where the encoding is not canonical."""
    s = int.from_bytes(data, "little")
    if len(data) != 32 or s >= P or s & 1:
        return None
    u1, u2 = (1 - s * s) % P, (1 + s * s) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    square, inverse = sqrt_ratio(1, v * u2 * u2)
    den_x = inverse * u2 % P
    den_y = inverse * den_x * v % P
    x = absolute(2 * s * den_x)
    y = u1 * den_y % P
    t = x * y % P
    if not square or is_negative(t) or y == 0:
        return None
    return x, y, 1, t


def encode(a):
    x, y, z, t = a
    u1, u2 = (z + y) * (z - y) % P, x * y % P
    inverse = sqrt_ratio(1, u1 * u2 * u2)[1]
    den1, den2 = inverse * u1 % P, inverse * u2 % P
    z_inv = den1 * den2 * t % P
    if is_negative(t * z_inv):
        x, y, den = y * SQRT_M1 % P, x * SQRT_M1 % P, den1 * INVSQRT_A_MINUS_D % P
    else:
        den = den2
    if is_negative(x * z_inv):
        y = -y
    return absolute(den * (z - y)).to_bytes(32, "little")


def elligator(t):
    r = SQRT_M1 * t * t % P
    u = (r + 1) * ONE_MINUS_D_SQ % P
    v = (-1 - r * D) * (r + D) % P
    square, s = sqrt_ratio(u, v)
    c = -1
    if not square:
        s, c = -absolute(s * t) % P, r
    n = (c * (r - 1) * D_MINUS_ONE_SQ - v) % P
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


def from_uniform(data):
    """The one-way map of RFC 9496, section 4.3.4, from 64 bytes."""
    low, high = (int.from_bytes(half, "little") % 2**255 for half in (data[:32], data[32:]))
    return add(elligator(low % P), elligator(high % P))


def msm(terms):
    """Sum of scalar x point over pairs, by buckets of width w (Pippenger)."""
    terms = [(scalar % ORDER, point) for scalar, point in terms]
    w = 4 if len(terms) < 40 else 6 if len(terms) < 400 else 8
    total = IDENTITY
    for shift in reversed(range(0, 253, w)):
        for _ in range(w):
            total = add(total, total)
        buckets = [None] * (1 << w)
        for scalar, point in terms:
            digit = scalar >> shift & (1 << w) - 1
            if digit:
                buckets[digit] = point if buckets[digit] is None else add(buckets[digit], point)
        running = window = IDENTITY
        for point in reversed(buckets[1:]):
            if point is not None:
                running = add(running, point)
            window = add(window, running)
        total = add(total, window)
    return total


def basepoint():
    """The Ed25519 base point: y = 4/5, x even."""
    y = 4 * pow(5, -1, P) % P
    x = sqrt_ratio(y * y - 1, D * y * y + 1)[1]
    return x, y, 1, x * y % P
