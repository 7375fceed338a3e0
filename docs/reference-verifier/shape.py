"""Section 4: what role, dimension and number of samples fix, above all which wire is the pad of which sent value."""


def log2_up(x):
    return (x - 1).bit_length()


class Gates:
    """Numbers gates and wires; wires 3g, 3g+1, 3g+2 are left, right and output of gate g."""

    def __init__(self):
        self.count, self.free, self.wires, self.copies = 0, None, {}, []

    def open(self):
        self.count += 1
        return 3 * (self.count - 1)

    def single(self, name):
        if self.free is None:
            left = self.open()
            self.wires[name], self.free = left, left + 1
        else:
            self.wires[name], self.free = self.free, None
        return self.wires[name]

    def operand(self, name, wire):
        if name in self.wires:
            self.copies.append((self.wires[name], wire))
        else:
            self.wires[name] = wire

    def product(self, a, b):
        left = self.open()
        self.operand(a, left)
        self.operand(b, left + 1)
        return left


class Lookups:
    """The gates of fraction trees (section 4, item 1); trees 2i and 2i + 1 have roots that cancel."""

    def __init__(self):
        self.gates, self.products, self.trees = Gates(), {}, []

    @property
    def wires(self):
        return self.gates.wires

    @property
    def copies(self):
        return self.gates.copies

    @property
    def log_n(self):
        return log2_up(self.gates.count)

    @property
    def height(self):
        return max(height for _, height, _ in self.trees)

    def product_gate(self, key, a, b):
        self.products[key] = self.gates.product(a, b)

    def root_pairs(self):
        names = [name for name, _, _ in self.trees]
        return list(zip(names[0::2], names[1::2]))

    def active(self, layer):
        """(tree, whether this layer has unit numerators) of the trees that still have this layer."""
        return [(name, unit and layer == height - 1) for name, height, unit in self.trees if height > layer]

    def lookup_gates(self):
        for a, b in self.root_pairs():
            self.product_gate(("root", a, b), f"P {a}", f"Q {b}")
            self.product_gate(("root", b, a), f"P {b}", f"Q {a}")
        for layer in range(self.height):
            for i in range(layer):
                self.gates.single(f"t{layer}.{i}(0)")
                self.gates.single(f"t{layer}.{i}(2)")
            for tree, unit in self.active(layer):
                p0, q1, p1, q0 = (f"{tree}{layer}.{x}" for x in ("p0", "q1", "p1", "q0"))
                if not unit:
                    self.product_gate((p0, q1), p0, q1)
                    self.product_gate((p1, q0), p1, q0)
                self.product_gate((q0, q1), q0, q1)

    def lookup_sends(self):
        """How many masked scalars the trees take."""
        sends = 4 * len(self.root_pairs())
        for layer in range(self.height):
            sends += 2 * layer + sum(2 if unit else 4 for _, unit in self.active(layer))
        return sends


class Shape(Lookups):
    def __init__(self, role, d, k):
        super().__init__()
        self.role, self.d, self.k = role, d, k
        self.log_m = max(7, log2_up(d))
        self.m = 1 << self.log_m
        self.log_k = log2_up(k)
        self.samples = [f"e{i}" for i in range(k)]
        self.vectors = self.samples + ([] if role == "enrol" else ["t"])
        self.count_rows = max(1, 256 // self.m)
        self.log_rows = log2_up(len(self.vectors) + self.count_rows)
        entry = 127 * 127 * d
        self.norm_bits = entry.bit_length()
        self.pairs = []
        if role != "enrol":
            self.pairs += [(e, "t", (5 * entry).bit_length()) for e in self.samples]
        if role in ("enrol", "refresh"):
            self.pairs += [
                (self.samples[i], self.samples[j], entry.bit_length()) for i in range(k) for j in range(i + 1, k)
            ]
        # (name, height, unit numerators)
        self.trees = [("column", self.log_k + self.log_m, True), ("table", 8, False)]
        self.lookup_gates()
        self._match()
        self._opening()
        self._values()
        self.folds = self.log_m - 2
        self.element_count = self._element_count()

    def _match(self):
        for i in range(self.log_m):
            self.gates.single(f"match{i}(0)")
            self.gates.single(f"match{i}(2)")
        for a, b, _ in self.pairs:
            self.product_gate(("x", a, b), f"x {a}", f"x {b}")
        for v in self.vectors:
            self.product_gate(("x", v, v), f"x {v}", f"x {v}")

    def _opening(self):
        for i in range(self.log_rows):
            self.gates.single(f"opening{i}(0)")
            self.gates.single(f"opening{i}(2)")
        self.gates.single("p")
        self.gates.free = None

    def _bits(self, count):
        return [self.gates.open() for _ in range(count)]

    def _values(self):
        self.bits = {}
        for a, b, width in self.pairs:
            pair, inner = (a, b), f"S {a} {b}"
            self.product_gate(("S^2", *pair), inner, inner)
            self.product_gate(("NN", *pair), f"N {a}", f"N {b}")
            self.bits["S", pair] = self._bits(width)
            self.bits["V", pair] = self._bits(16 + 2 * width)
        for v in self.vectors:
            if f"N {v}" not in self.gates.wires:
                self.gates.single(f"N {v}")
        for e in self.samples:
            self.bits["N", e] = self._bits(self.norm_bits)

    def _element_count(self):
        """The body's length in elements of 32 bytes (section 2.3)."""
        masked = self.lookup_sends() + 2 * self.log_m + len(self.vectors) + 2 * self.log_rows
        points = self.k + self.count_rows + 3
        opening = 3 + 2 * self.folds + 4
        reblinding = 3 if self.role == "reblind" else 0
        return points + masked + opening + reblinding + 5 + 3 + 2 * self.log_n + 2
