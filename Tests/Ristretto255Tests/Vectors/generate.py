#!/usr/bin/env python3
"""Writes arithmetic.json: scalar and field arithmetic by Python integers. Run in this directory."""
import json
import random

L = 2**252 + 27742317777372353535851937790883648493
P = 2**255 - 19
random.seed(20240229)


def le(value, length=32):
    return value.to_bytes(length, "little").hex()


def inverse(a, m):
    return pow(a, m - 2, m)


edges = [0, 1, 2, L - 1, L - 2, (L - 1) // 2, (L + 1) // 2, 2**252 - 1, 2**252, 2**128, 2**64 - 1, 2**64, 2**192, L - 2**64]
values = edges + [random.randrange(L) for _ in range(26)]
pairs = [(a, b) for a in edges for b in edges] + list(zip(values, reversed(values)))
pairs += [(random.randrange(L), random.randrange(L)) for _ in range(100)]
scalars = [
    dict(a=le(a), b=le(b), sum=le((a + b) % L), difference=le((a - b) % L), product=le(a * b % L)) for a, b in pairs
]
unary = [dict(a=le(a), negative=le(-a % L), square=le(a * a % L), inverse=le(inverse(a, L))) for a in values]

encodings = [0, 1, L - 1, L, L + 1, 2**252, 2 * L - 1, 2 * L, 8 * L, 15 * L, 15 * L + 7,
             2**255 - 1, 2**255, 2**256 - 1, 2**253 - 1, L + 2**64, L - 2**64, L + 2**128]
canonical = [dict(bytes=le(x), valid=x < L) for x in encodings]

wide = [0, 1, L - 1, L, L + 1, 2 * L, L * L, L * L - 1, L * (L + 1), 2**252, 2**256 - 1, 2**256, 2**256 + 1, 2**511, 2**512 - 1,
        (2**256 - 1) << 256, L << 256, (L - 1) << 256, L << 259, (2**512 // L) * L, (2**512 // L) * L - 1]
wide += [random.randrange(2**512) for _ in range(60)]
reductions = [dict(bytes=le(x, 64), reduced=le(x % L)) for x in wide]

signed = [0, 1, -1, 127, -128, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 12345678901, -12345678901]
integers = [dict(value=x, scalar=le(x % L)) for x in signed]

inner = []
for n in [0, 1, 2, 3, 255, 256, 257, 600]:
    for kind in ["largest", "random"]:
        a = [L - 1] * n if kind == "largest" else [random.randrange(L) for _ in range(n)]
        b = [L - 1] * n if kind == "largest" else [random.randrange(L) for _ in range(n)]
        # long vectors are given by a seed value: element i is seed^(i + 1)
        s, t = random.randrange(L), random.randrange(L)
        if kind == "random":
            a = [pow(s, i + 1, L) for i in range(n)]
            b = [pow(t, i + 1, L) for i in range(n)]
        inner.append(dict(count=n, kind=kind, seedA=le(s), seedB=le(t),
                          product=le(sum(x * y for x, y in zip(a, b)) % L)))

field_edges = [0, 1, 2, 18, 19, 20, P - 1, P - 2, P - 19, (P - 1) // 2, 2**51 - 1, 2**51, 2**102, 2**204, 2**254, 2**255 - 2**51 - 20]
field_pairs = [(a, b) for a in field_edges for b in field_edges]
field_pairs += [(random.randrange(P), random.randrange(P)) for _ in range(60)]
field = [
    dict(a=le(a), b=le(b), sum=le((a + b) % P), difference=le((a - b) % P), product=le(a * b % P), square=le(a * a % P))
    for a, b in field_pairs
]
field_inverses = [dict(a=le(a), inverse=le(inverse(a, P))) for a in field_edges]

with open("arithmetic.json", "w") as out:
    json.dump(
        dict(scalars=scalars, unary=unary, canonical=canonical, reductions=reductions, integers=integers, inner=inner,
             field=field, fieldInverses=field_inverses),
        out, indent=0, separators=(",", ":"))
    out.write("\n")
