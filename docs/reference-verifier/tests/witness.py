"""Small random networks in plain integers: their published form, their parameter rows, their run."""

import struct

from ristretto import encode


def p2(x):
    return 1 << (x - 1).bit_length()


class Term:
    def __init__(self, sources, kernel, strides, pads, weights, depthwise=False):
        self.sources, self.kernel, self.strides, self.pads = sources, kernel, strides, pads
        self.weights, self.depthwise = weights, depthwise  # {(o, c, i, j): w}, depthwise {(c, i, j): w}


class Layer:
    def __init__(self, shape, table, terms, bias):
        self.shape, self.table, self.terms, self.bias = shape, table, terms, bias


class Network:
    """Tables are [kind, lower, upper, (a, b, t) or (a, b, c, t)]."""

    def __init__(self, shape, s, tables, layers, head):
        self.shapes, self.s, self.tables, self.layers, self.head = [shape], s, tables, layers, head
        self.shapes += [layer.shape for layer in layers]

    def activation(self, table, q):
        kind, lower, upper, parameters = self.tables[table]
        if kind == 1:
            a, b, t = parameters
            q = (a * q * q + b * q + 2 ** (t - 1)) // 2**t
        elif kind == 2:
            a, b, c, t = parameters
            gate = 0 if q < -b else c if q > c - b else q + b
            q = (a * q * gate + 2 ** (t - 1)) // 2**t
        return max(lower, min(upper, q))

    def run(self, image):
        """(blocks, quotients, remainders), the last two by block, each {(o, y, x): value}."""
        blocks, quotients, remainders, half = [image], {}, {}, 2 ** (self.s - 1)
        for number, layer in enumerate(self.layers, start=1):
            z, qs, rs = {}, {}, {}
            channels, height, width = layer.shape
            for o in range(channels):
                for y in range(height):
                    for x in range(width):
                        acc = layer.bias[o] + sum(self._term(term, blocks, o, y, x) for term in layer.terms)
                        q = (acc + half) // 2**self.s
                        qs[o, y, x], rs[o, y, x] = q, acc - q * 2**self.s
                        z[o, y, x] = self.activation(layer.table, q)
            blocks.append(z)
            quotients[number], remainders[number] = qs, rs
        return blocks, quotients, remainders

    def _term(self, term, blocks, o, y, x):
        total = 0
        for key, w in term.weights.items():
            c, i, j = key[-3:]
            if key[0] != o:
                continue
            at = c, term.strides[0] * y + i - term.pads[0], term.strides[1] * x + j - term.pads[1]
            for block, column in term.sources:
                value = blocks[block].get(at, 0)
                total += w * (max(value, 0) if column else value)
        return total

    def ranges(self, runs):
        """(q_lo, q_hi) of each table over these runs, with some room."""
        ranges = [[-1, 1] for _ in self.tables]
        for _, quotients, _ in runs:
            for number, qs in quotients.items():
                r = ranges[self.layers[number - 1].table]
                r[0], r[1] = min(r[0], *qs.values()), max(r[1], *qs.values())
        return ranges

    def body(self, ranges, modality="face"):
        def text(value):
            return struct.pack("<H", len(value)) + value.encode()

        out = text("random") + text(modality) + struct.pack("<HHBB", 0, 0, 255, 0) + struct.pack("<I", 80)
        out += struct.pack("<BdH", 1, 0.001, 1000) + struct.pack("<HHH", *self.shapes[0]) + bytes([self.s])
        out += bytes([len(self.tables)])
        for (kind, lower, upper, parameters), (low, high) in zip(self.tables, ranges):
            out += struct.pack("<Bhh", kind, lower, upper)
            out += struct.pack(("", "<iiB", "<iiiB")[kind], *(parameters or ()))
            out += struct.pack("<ii", low, high)
        out += struct.pack("<HH", self.head, len(self.layers))
        for number, layer in enumerate(self.layers):
            out += text(f"layer {number}") + struct.pack("<HHHBB", *layer.shape, layer.table, len(layer.terms))
            for term in layer.terms:
                out += bytes([int(term.depthwise), len(term.sources)])
                out += b"".join(struct.pack("<HB", *source) for source in term.sources)
                out += struct.pack("<6H", *term.kernel, *term.strides, *term.pads)
        return out + b"\0"

    def row_width(self):
        size, total = max(128, p2(self.shapes[-1][0])), sum(p2(c) * p2(h) * p2(w) for c, h, w in self.shapes)
        while size < 2**13 and 4 * size * size <= 8 * p2(total):
            size *= 2
        return size

    def parameters(self, m):
        """The parameter rows as lists of m integers, and each piece's offset."""
        pieces = []
        for number, layer in enumerate(self.layers):
            for t, term in enumerate(layer.terms):
                source = self.shapes[term.sources[0][0]][0]
                dimensions = (source, *term.kernel) if term.depthwise else (layer.shape[0], source, *term.kernel)
                size, values = 1, {}
                for x in dimensions:
                    size *= p2(x)
                for key, w in term.weights.items():
                    index = 0
                    for x, dimension in zip(key, dimensions):
                        index = index * p2(dimension) + x
                    values[index] = w
                pieces.append(((number, t), size, values))
            pieces.append(((number, None), p2(layer.shape[0]), dict(enumerate(layer.bias))))
        pieces.sort(key=lambda piece: -piece[1])
        flat, offsets = [], {}
        for key, size, values in pieces:
            offsets[key] = len(flat)
            flat += [values.get(i, 0) for i in range(size)]
        flat += [0] * (-len(flat) % m)
        return [flat[i : i + m] for i in range(0, len(flat), m)], offsets


def published(network, ranges, points):
    body = network.body(ranges)
    return wrap(body, b"".join(encode(point) for point in points))


def wrap(body, rows):
    return b"SMBLPUBL" + struct.pack("<HI", 1, len(body)) + body + struct.pack("<I", len(rows) // 32) + rows


def random_network(rng, depth=4, d=None):
    """Strides, pads, depthwise terms, sums of sources and PReLU on odd sizes; the last layer is dense."""
    shape = (1, rng.randint(3, 7), rng.randint(3, 9))
    s = rng.randint(2, 5)
    tables = [
        [0, 0, rng.randint(20, 255), None],
        [0, -128, 127, None],
        [1, -128, 127, (rng.randint(1, 3), rng.randint(-2, 3), rng.randint(1, 4))],
        [0, -127, 127, None],
    ]
    if tables[2][3][0] == 3:  # the same draws, another kind
        tables[2] = [2, -40, 255, (1, 9, 20, 3)]
    shapes, layers = [shape], []
    for number in range(depth):
        last = number == depth - 1
        source_block = len(layers)
        c, h, w = source = shapes[source_block]
        sources = [(source_block, 0)]
        alike = [b for b in range(1, source_block) if shapes[b] == source]
        if alike and rng.random() < 0.7:
            sources.append((rng.choice(alike), 0))
        depthwise = not last and number > 0 and rng.random() < 0.45
        if last:
            kernel, strides, pads, output = (h, w), (1, 1), (0, 0), (d or rng.randint(8, 11), 1, 1)
        else:
            kernel = rng.randint(1, min(3, h)), rng.randint(1, min(4, w))
            strides = rng.choice([(1, 1), (1, 1), (1, 2), (2, 1)])
            pads = rng.randrange(kernel[0]), rng.randrange(kernel[1])
            ends = rng.randrange(kernel[0]), rng.randrange(kernel[1])
            keep = number > 0 and rng.random() < 0.5  # the source's shape, for a later sum
            if keep:
                strides, ends = (1, 1), (kernel[0] - 1 - pads[0], kernel[1] - 1 - pads[1])
            sizes = [(n + p + e - k) // t + 1 for n, p, e, k, t in zip((h, w), pads, ends, kernel, strides)]
            output = (c if depthwise or keep else rng.randint(2, 5), *sizes)

        def term(sources):
            weights = {}
            for o in range(output[0]):
                for ch in [o] if depthwise else range(c):
                    for i in range(kernel[0]):
                        for j in range(kernel[1]):
                            weights[(o, i, j) if depthwise else (o, ch, i, j)] = rng.randint(-6, 6)
            return Term(sources, kernel, strides, pads, weights, depthwise)

        terms = [term(sources)]
        if source_block and len(sources) == 1 and rng.random() < 0.6:
            terms.append(term([(source_block, 1)]))
        bias = [rng.randint(-200, 200) for _ in range(output[0])]
        layers.append(Layer(output, 3 if last else rng.choice([0, 1, 1, 2]), terms, bias))
        shapes.append(output)
    heads = [0]
    for h in range(1, depth):
        sources = [s for layer in layers[h:] for term in layer.terms for s in term.sources]
        if all(block >= h for block, _ in sources) and (h, 1) not in sources:
            heads.append(h)
    return Network(shape, s, tables, layers, heads[-1])


def random_image(rng, shape):
    c, h, w = shape
    return {(o, y, x): rng.randint(-128, 127) for o in range(c) for y in range(h) for x in range(w)}
