"""A published model (docs/quantisation.md, "Published model"): what a verifier knows of a network.

Refuses what that text refuses, except what is merely large.
"""

import hashlib
import math
import struct
from types import SimpleNamespace

from network_shape import parameter_row_count
from refusal import require
from wire import Reader

MODALITIES = {"face": 1, "fingerprint": 2}


class ModelReader(Reader):
    def __init__(self, data):
        super().__init__(data, "model")

    def signed(self, size):
        return int.from_bytes(self.take(size), "little", signed=True)

    def within(self, size, low, high, field):
        value = self.integer(size)
        require(low <= value <= high, f"model: {field}")
        return value

    def text(self, shortest, field):
        count = self.within(2, shortest, 255, field)
        try:
            return self.take(count).decode("utf-8")
        except UnicodeDecodeError:
            require(False, f"model: {field}")

    def shape(self):
        shape = self.within(2, 1, 8192, "channels"), *(self.within(2, 1, 4096, "sides") for _ in range(2))
        require(math.prod(shape) <= 1 << 24, "model: block")
        return shape


class Table:
    """An activation f and the range of quotients that the network can reach."""

    def __init__(self, r):
        kind = r.within(1, 0, 2, "table kind")
        self.lower, self.upper = r.signed(2), r.signed(2)
        require(-128 <= self.lower <= 0 <= self.upper <= 255 and self.lower < self.upper, "model: table range")
        self.quadratic = self.gate = None
        if kind == 1:
            self.quadratic = r.signed(4), r.signed(4), r.within(1, 1, 31, "table shift")
            require(min(self.quadratic[:2]) > -(2**31), "model: table coefficients")
        elif kind == 2:
            self.gate = r.signed(4), r.signed(4), r.signed(4), r.within(1, 1, 62, "table shift")
            require(min(self.gate[:2]) > -(2**31) and self.gate[2] >= 1, "model: table coefficients")
        self.q_low, self.q_high = r.signed(4), r.signed(4)
        require(-(2**15) <= self.q_low <= 0 <= self.q_high < 2**15, "model: quotients")

    def __call__(self, q):
        if self.quadratic:
            a, b, t = self.quadratic
            q = a * q * q + b * q + (1 << t - 1) >> t
        elif self.gate:
            a, b, c, t = self.gate
            q = a * q * min(max(q + b, 0), c) + (1 << t - 1) >> t
        return min(max(q, self.lower), self.upper)


class Term:
    def __init__(self, r):
        self.depthwise = r.within(1, 0, 1, "term kind") == 1
        count = r.within(1, 1, 8, "sources")
        self.sources = [(r.integer(2), r.within(1, 0, 1, "source column")) for _ in range(count)]
        self.kernel = tuple(r.within(2, 1, 4096, "kernel") for _ in range(2))
        self.strides = tuple(r.within(2, 1, 64, "strides") for _ in range(2))
        self.pads = tuple(r.within(2, 0, side - 1, "pads") for side in self.kernel)


class Layer:
    def __init__(self, r):
        self.name = r.text(0, "layer name")
        self.shape, self.table = r.shape(), r.integer(1)
        self.terms = [Term(r) for _ in range(r.within(1, 1, 4, "terms"))]


class Model(SimpleNamespace):
    """modality, shapes (of blocks, 0 the input), s, tables, layers, head, private, rows (bytes, point), identity."""

    @property
    def d(self):
        return self.shapes[-1][0]

    def block_range(self, block, column=0):
        """The least and the greatest value that may stand in a block."""
        low, high = -128, 127
        if block > 0:
            table = self.tables[self.layers[block - 1].table]
            low, high = table.lower, table.upper
        return (0, max(high, 0)) if column else (low, high)

    def validate(self):
        """What section 7.1 takes for granted."""
        for index, layer in enumerate(self.layers):
            require(layer.table < len(self.tables), "model: no such table")
            for term in layer.terms:
                require(all(block <= index for block, _ in term.sources), "model: no such source")
                require((0, 1) not in term.sources, "model: column of the input")
                shapes = {self.shapes[block] for block, _ in term.sources}
                require(len(shapes) == 1, "model: sources of different shapes")
                ranges = [self.block_range(*source) for source in term.sources]
                low, high = (sum(ends) for ends in zip(*ranges))
                require(-(2**15) <= low and high < 2**15, "model: sum of sources")
                self._windows(layer, term, shapes.pop())
        channels, *sides = self.shapes[-1]
        require(sides == [1, 1] and channels <= 512, "model: last layer")
        low, high = self.block_range(len(self.layers))
        require(-127 <= low and high <= 127, "model: last layer's table")
        if self.head:
            require(self.head < len(self.layers), "model: head start")
            sources = [s for layer in self.layers[self.head :] for term in layer.terms for s in term.sources]
            require(all(block >= self.head for block, _ in sources), "model: head reads below its start")
            require((self.head, 1) not in sources, "model: head reads max(z, 0) of its start")

    @staticmethod
    def _windows(layer, term, source):
        term.source = source
        require(not term.depthwise or source[0] == layer.shape[0], "model: depthwise channels")
        for output, stride, pad, size in zip(layer.shape[1:], term.strides, term.pads, source[1:]):
            require((output - 1) * stride - pad < size, "model: window outside its source")


def _header(r):
    """Name, modality, preprocessing, E_min, thresholds; returns (modality, preprocessing, E_min)."""
    r.text(1, "name")
    modality = MODALITIES.get(r.text(1, "modality"))
    require(modality, "model: modality")
    window = [r.within(2, 0, 4096, "window") for _ in range(2)]
    background = r.integer(1)
    require((window[0] == 0) == (window[1] == 0) and (window[0] or background == 255), "model: window")
    # 0 stretched, 1 cut to the aspect ratio, 2 aligned as a face, 3 as a fingerprint, 4 as a face whose greys are levelled.
    fit = r.within(1, 0, 4, "fit")
    require(fit < 2 or (modality == (2 if fit == 3 else 1) and not window[0]), "model: alignment")
    preprocessing = (*window, background, fit)
    least, rate, numerator = r.integer(4), 1.0, 1
    for _ in range(r.within(1, 0, 16, "thresholds")):
        (following,) = struct.unpack("<d", r.take(8))
        require(0 <= following < rate and math.copysign(1, following) > 0, "model: rates")
        rate, numerator = following, r.within(2, numerator, 65535, "thresholds")
    return modality, preprocessing, least


def _body(r):
    modality, preprocessing, least = _header(r)
    shapes = [r.shape()]
    require(shapes[0][0] == 1, "model: input channels")
    s = r.within(1, 2, 16, "shift")
    tables = [Table(r) for _ in range(r.within(1, 1, 32, "tables"))]
    distinct = {(table.lower, table.upper, table.quadratic, table.gate) for table in tables}
    require(len(distinct) == len(tables), "model: equal tables")
    head = r.integer(2)
    layers = [Layer(r) for _ in range(r.within(2, 1, 512, "layers"))]
    private = r.within(1, 0, 1, "private flag")
    r.end()
    shapes += [layer.shape for layer in layers]
    model = Model(
        modality=modality, preprocessing=preprocessing, shapes=shapes, s=s, tables=tables, head=head, layers=layers,
        private=private,
    )
    model.validate()
    require(1 <= least <= 127**2 * model.d, "model: least norm")
    return model


def decode_model(data):
    r = ModelReader(data)
    require(r.take(8) == b"SMBLPUBL" and r.integer(2) == 1, "model: version")
    body = r.take(r.integer(4))
    model = _body(ModelReader(body))
    count = r.integer(4)
    require(count == parameter_row_count(model), "model: parameter rows")
    encoded = r.take(32 * count)
    r.end()
    points = Reader(encoded, "model row")
    model.rows = [(encoded[32 * i : 32 * i + 32], points.point()) for i in range(count)]
    model.identity = hashlib.sha256(b"semblance model v2\0" + body + encoded).digest()
    return model
