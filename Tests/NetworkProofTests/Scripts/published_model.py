#!/usr/bin/env python3
"""Makes SampleModel's published file from the documentation alone (docs/quantisation.md "Published model",
docs/protocol.md section 7.1), with the big-integer group of docs/reference-verifier, and prints its identities."""

import hashlib
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "docs" / "reference-verifier"))

from ristretto import ORDER, encode, from_uniform, msm  # noqa: E402


def text(value):
    data = value.encode()
    return struct.pack("<H", len(data)) + data


def p2(x):
    return 1 << (x - 1).bit_length()


# kind, sources, kernel, strides, pads
CONV, DEPTHWISE = 0, 1
BLOCKS = [(1, 5, 6), (3, 3, 5), (3, 3, 5), (5, 1, 1)]
LAYERS = [
    ("first", 0, [(CONV, [(0, 0)], (3, 2), (2, 1), (1, 0))]),
    ("sécond", 1, [(DEPTHWISE, [(1, 0)], (3, 3), (1, 1), (1, 1)), (DEPTHWISE, [(1, 1)], (3, 3), (1, 1), (1, 1))]),
    ("", 2, [(CONV, [(2, 0)], (3, 5), (1, 1), (0, 0))]),
]


def body(private):
    data = text("sample") + text("fingerprint") + struct.pack("<HHBBI", 300, 301, 250, 1, 1000)
    data += bytes([2]) + struct.pack("<dH", 0.01, 9000) + struct.pack("<dH", 0.001, 12000)
    data += struct.pack("<HHHB", *BLOCKS[0], 7)
    data += bytes([3]) + struct.pack("<Bhhii", 0, -128, 127, -3000, 2900)
    data += struct.pack("<BhhiiBii", 1, -128, 127, 5000, -70000, 20, -500, 0)
    data += struct.pack("<Bhhii", 0, -127, 127, -32768, 32767)
    data += struct.pack("<HH", 2, len(LAYERS))
    for index, (name, table, terms) in enumerate(LAYERS):
        data += text(name) + struct.pack("<HHHBB", *BLOCKS[index + 1], table, len(terms))
        for kind, sources, kernel, strides, pads in terms:
            data += bytes([kind, len(sources)])
            data += b"".join(struct.pack("<HB", *source) for source in sources)
            data += struct.pack("<6H", *kernel, *strides, *pads)
    return data + bytes([private])


def pieces():
    """Padded tensors in the order of layers, terms, biases."""
    number = 0
    for index, (_, _, terms) in enumerate(LAYERS):
        outputs = BLOCKS[index + 1][0]
        for kind, sources, kernel, _, _ in terms:
            sides = (1 if kind == DEPTHWISE else outputs, BLOCKS[sources[0][0]][0], *kernel)
            values = [0] * (p2(sides[0]) * p2(sides[1]) * p2(sides[2]) * p2(sides[3]))
            k = 0
            for o in range(sides[0]):
                for c in range(sides[1]):
                    for i in range(sides[2]):
                        for j in range(sides[3]):
                            at = ((o * p2(sides[1]) + c) * p2(sides[2]) + i) * p2(sides[3]) + j
                            values[at] = (1009 * k + 757 * number) % 4001 - 2000
                            k += 1
            yield values
            number += 1
        bias = [(1009 * k + 757 * number) % 4001 - 2000 for k in range(outputs)]
        yield bias + [0] * (p2(outputs) - outputs)
        number += 1


def rows(seed):
    area = sum(p2(c) * p2(h) * p2(w) for c, h, w in BLOCKS)
    width = 1 << min(13, max(7, (p2(BLOCKS[-1][0])).bit_length() - 1, (p2(area).bit_length() - 1 + 3) // 2))
    values = [value for piece in sorted(pieces(), key=len, reverse=True) for value in piece]
    values += [0] * (-len(values) % width)
    points = [from_uniform(hashlib.sha512(b"semblance rows v1 G " + struct.pack("<I", j)).digest()) for j in range(width)]
    blinding = from_uniform(hashlib.sha512(b"semblance rows v1 H").digest())
    for row in range(len(values) // width):
        terms = [(v % ORDER, g) for v, g in zip(values[row * width : (row + 1) * width], points) if v]
        if seed:
            digest = hashlib.sha512(b"semblance parameter blinder v1" + seed + struct.pack("<I", row)).digest()
            terms.append((int.from_bytes(digest, "little") % ORDER, blinding))
        yield encode(msm(terms))


for seed in (None, bytes(range(100, 132))):
    encoded = b"".join(rows(seed))
    data = body(int(seed is not None))
    print("private" if seed else "public", len(encoded) // 32, "rows")
    print(" identity", hashlib.sha256(b"semblance model v2\0" + data + encoded).hexdigest())
    file = b"SMBLPUBL" + struct.pack("<HI", 1, len(data)) + data + struct.pack("<I", len(encoded) // 32) + encoded
    print(" SHA-256 of the file", hashlib.sha256(file).hexdigest())
