"""Sections 7.1 to 7.3: what model and start block fix: addresses, matrix rows, tables, gates."""

from shape import Lookups, log2_up


def p2(x):
    return 1 << log2_up(x)


def padded(dimensions):
    size = 1
    for x in dimensions:
        size *= p2(x)
    return size


def row_width_log(model):
    total = sum(padded(shape) for shape in model.shapes)
    return min(13, max(7, log2_up(model.d), (log2_up(total) + 3) // 2))


def lay_out(sizes):
    """(offset of each, end), largest first (stable), end to end."""
    offsets, end = {}, 0
    for key, size in sorted(sizes.items(), key=lambda item: -item[1]):
        offsets[key] = end
        end += size
    return offsets, end


def term_dimensions(term, layer):
    """The padded (o, c, i, j), without o for a depthwise term."""
    own = (term.source[0], *term.kernel)
    return own if term.depthwise else (layer.shape[0], *own)


def parameter_pieces(model):
    """(offset of each piece (layer, term, or None for the bias), end)."""
    sizes = {}
    for i, layer in enumerate(model.layers):
        for t, term in enumerate(layer.terms):
            sizes[i, t] = padded(term_dimensions(term, layer))
        sizes[i, None] = p2(layer.shape[0])
    return lay_out(sizes)


def parameter_row_count(model):
    return -(-parameter_pieces(model)[1] >> row_width_log(model))


class NetworkShape(Lookups):
    def __init__(self, model, start):
        super().__init__()
        self.model, self.start, self.s = model, start, model.s
        self.log_m = row_width_log(model)
        self.m = 1 << self.log_m
        self.layers = list(enumerate(model.layers))[start:]
        self.terms = [(i, layer, t, term) for i, layer in self.layers for t, term in enumerate(layer.terms)]
        self.last = len(model.layers)
        self._lookup_kinds()
        self.pieces, _ = parameter_pieces(model)
        self.parameter_rows = parameter_row_count(model)
        self._hypercube()
        self._rows()
        self._tables()
        self._gates()

    # -- 7.1

    def _lookup_kinds(self):
        relu = {block for _, _, _, term in self.terms for block, column in term.sources if column == 1}
        self.kinds, self.kind_of = [], {}
        for i, layer in self.layers:
            kind = layer.table, int(i + 1 in relu)
            if kind not in self.kinds:
                self.kinds.append(kind)
            self.kind_of[i + 1] = self.kinds.index(kind)
        self.has_p = any(prelu for _, prelu in self.kinds)

    # -- 7.2

    def _hypercube(self):
        self.sizes = {i + 1: padded(layer.shape) for i, layer in self.layers}
        self.sizes[self.start] = max(self.m, padded(self.model.shapes[self.start]))
        slots = {block: self.sizes[block] for block in (self.start, *(i + 1 for i, _ in self.layers))}
        slots[self.last] = max(self.m, slots[self.last])
        self.offsets, end = lay_out(slots)
        self.log_addresses = max(self.log_m, log2_up(end))

    def _occupied(self, blocks):
        rows = set()
        for block in blocks:
            channels, height, width = self.model.shapes[block]
            for o in range(channels):
                for y in range(height):
                    first = self.offsets[block] + (o * p2(height) + y) * p2(width)
                    rows.update(range(first // self.m, (first + width - 1) // self.m + 1))
        return sorted(rows)

    def _rows(self):
        blocks = [i + 1 for i, _ in self.layers]
        first = self.offsets[self.start] // self.m
        self.start_rows = self.sizes[self.start] // self.m
        self.e_row = self.start_rows
        start = range(first, first + self.start_rows)
        e = self.offsets[self.last] // self.m
        occupied = self._occupied(blocks)
        virtual = {
            "R": occupied,
            "Z": [v for v in occupied if v != e],
            "P": self._occupied(b for b in blocks if self.kinds[self.kind_of[b]][1]),
        }
        self.start_map = {v: i for i, v in enumerate(start)}
        self.maps, self.counts, count = {}, {}, self.start_rows + 1
        for column, rows in virtual.items():
            self.maps[column] = {v: count + i for i, v in enumerate(rows)}
            self.counts[column] = len(rows)
            count += len(rows)
        self.maps["R"].update(self.start_map)
        self.maps["Z"][e] = self.e_row
        self.after_columns = count

    def _tables(self):
        half, model = 1 << self.s - 1, self.model
        low, high = model.block_range(self.start)
        remainder = [(r, 0) for r in range(-half, half)] + [(v, 1) for v in range(low, high + 1)]
        quotient = []
        for number, (index, prelu) in enumerate(self.kinds):
            table = model.tables[index]
            for q in range(table.q_low, table.q_high + 1):
                z = table(q)
                quotient.append((q, z, number, max(z, 0) if prelu else 0))
        self.tables = {}
        count = self.after_columns
        self.first_count = {}
        for name, entries in (("RT", remainder), ("QT", quotient)):
            height = max(self.log_m, log2_up(len(entries)))
            self.tables[name] = entries + [entries[-1]] * ((1 << height) - len(entries))
            self.first_count[name] = count
            count += (1 << height) // self.m
        self.count_rows = count - self.after_columns
        self.first_parameter = count
        self.row_count = count + self.parameter_rows
        self.log_rows = log2_up(self.row_count)

    # -- 7.3

    def variables(self, term):
        """k_t = lg(C KH KW)."""
        return log2_up(padded((term.source[0], *term.kernel)))

    def _gates(self):
        self.trees = [
            ("R", self.log_addresses, True),
            ("RT", log2_up(len(self.tables["RT"])), False),
            ("Q", self.log_addresses, True),
            ("QT", log2_up(len(self.tables["QT"])), False),
        ]
        self.lookup_gates()
        single = self.gates.single
        self.values = ["v_start", "v_z", *(["v_p"] if self.has_p else []), "v_bias"]
        for name in self.values:
            single(name)
        self.degree = 3 if any(term.depthwise for *_, term in self.terms) else 2
        self.rounds = max(self.variables(term) for *_, term in self.terms)
        for i in range(self.rounds):
            for x in (0, *range(2, self.degree + 1)):
                single(f"layer{i}({x})")
        for i, _, t, _ in self.terms:
            self.product_gate(("factor", i, t), f"w {i} {t}", f"x {i} {t}")
        for i in range(self.log_m + self.log_rows):
            single(f"opening{i}(0)")
            single(f"opening{i}(2)")
        single("p")
        self.folds = self.log_m - 4

    @property
    def committed_rows(self):
        """How many rows the proof itself holds: all but E_i and the parameter rows."""
        return self.first_parameter - 1

    @property
    def element_count(self):
        """A network proof's length in elements of 32 bytes (section 7.6)."""
        masked = self.lookup_sends() + len(self.values) + self.degree * self.rounds
        masked += 2 * len(self.terms) + 2 * (self.log_m + self.log_rows)
        opening = 3 + 2 * self.folds + 16
        return self.committed_rows + 3 + masked + opening + 5 + 3 + 2 * self.log_n + 2
