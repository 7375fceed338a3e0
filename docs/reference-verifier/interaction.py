"""Sections 5.1 to 5.4 and the sumcheck of 5.5: transcript, sent values as affine forms, constraints, opening claims."""

from affine import ONE, Form
from ristretto import ORDER

SUITE = b"ristretto255-merlin-match-v1"


def eq_table(point):
    """eq(point, x) for all x, the first coordinate the most significant."""
    table = [1]
    for r in point:
        table = [value * factor % ORDER for value in table for factor in ((1 - r) % ORDER, r)]
    return table


def at(values, x):
    """The polynomial with these values at 0, 1, 2, .., at x."""
    total = Form()
    for i, value in enumerate(values):
        above = below = 1
        for j in range(len(values)):
            if j != i:
                above, below = above * (x - j) % ORDER, below * (i - j)
        total = total + value * (above * pow(below, -1, ORDER))
    return total


class Interaction:
    """What both proofs share: sent values, products, fraction trees, rounds of a sumcheck."""

    def __init__(self, shape, transcript, body):
        self.shape, self.transcript, self.body = shape, transcript, body
        self.sent, self.constraints = {}, []

    def receive(self, label, name):
        """The sent value as the form `sent + pad`."""
        scalar = self.body.scalar()
        self.transcript.append(label, scalar.to_bytes(32, "little"))
        self.sent[name] = scalar
        return Form.wire(self.shape.wires[name]) + scalar

    def product(self, key, x, y):
        left = self.shape.products[key]
        a, b = self.sent[x], self.sent[y]
        return Form({left: b, left + 1: a, left + 2: 1}) + a * b

    def zero(self, form):
        self.constraints.append(form)

    def copy_constraints(self):
        for original, copy in self.shape.copies:
            self.zero(Form.wire(original) - Form.wire(copy))

    def fractions(self):
        """The trees' reduction (5.2): for each tree its last claims (P, Q), and its point."""
        shape = self.shape
        claims, root = {}, {}
        for a, b in shape.root_pairs():
            for name in (f"P {a}", f"Q {b}", f"P {b}", f"Q {a}"):
                root[name] = self.receive("root", name)
        for a, b in shape.root_pairs():
            left = self.product(("root", a, b), f"P {a}", f"Q {b}")
            self.zero(left + self.product(("root", b, a), f"P {b}", f"Q {a}"))
        for tree, _, _ in shape.trees:
            claims[tree] = root[f"P {tree}"], root[f"Q {tree}"]
        point, ends = [], {}
        for layer in range(shape.height):
            point = self._layer(layer, point, claims)
            for name, height, _ in shape.trees:
                if height == layer + 1:
                    ends[name] = point
        return claims, ends

    def _layer(self, layer, point, claims):
        t = self.transcript
        factor, power = t.challenge("lambda"), 1
        active = self.shape.active(layer)
        claim, powers = Form(), []
        for tree, _ in active:
            p, q = claims[tree]
            powers.append((power, power * factor % ORDER))
            claim = claim + p * powers[-1][0] + q * powers[-1][1]
            power = power * factor * factor % ORDER
        rhos = []
        for i in range(layer):
            zero, two = (self.receive("tree round", f"t{layer}.{i}({x})") for x in (0, 2))
            one = (claim - zero * (1 - point[i])) * pow(point[i], -1, ORDER)
            rhos.append(t.challenge("rho"))
            claim = at((zero, one, two), rhos[-1])
        leaves = {}
        for (tree, unit), (for_p, for_q) in zip(active, powers):
            names = {x: f"{tree}{layer}.{x}" for x in ("p0", "q1", "p1", "q0")}
            sent = ("q0", "q1") if unit else ("p0", "q1", "p1", "q0")
            values = {x: self.receive("tree leaf", names[x]) for x in sent}
            if unit:
                values["p0"] = values["p1"] = Form.constant(1)
                numerator = values["q0"] + values["q1"]
            else:
                numerator = self._product_of(names, "p0", "q1") + self._product_of(names, "p1", "q0")
            claim = claim - numerator * for_p - self._product_of(names, "q0", "q1") * for_q
            leaves[tree] = values
        self.zero(claim)
        tau = t.challenge("tau")
        for tree, v in leaves.items():
            claims[tree] = tuple(v[x + "0"] * (1 - tau) + v[x + "1"] * tau for x in "pq")
        return [tau, *rhos]

    def _product_of(self, names, a, b):
        return self.product((names[a], names[b]), names[a], names[b])

    def rounds(self, claim, count, label, prefix, degree=2):
        point = []
        for i in range(count):
            zero, *others = (self.receive(label, f"{prefix}{i}({x})") for x in (0, *range(2, degree + 1)))
            point.append(self.transcript.challenge(f"{prefix} rho"))
            claim = at((zero, claim - zero, *others), point[-1])
        return claim, point


class MatchInteraction(Interaction):
    # -- 5.1

    def wire_constraints(self, num, e_min):
        shape = self.shape
        self.copy_constraints()
        for a, b, _ in shape.pairs:
            inner = Form.wire(shape.wires[f"S {a} {b}"])
            square = Form.wire(shape.products["S^2", a, b] + 2, 1 << 16)
            norms = Form.wire(shape.products["NN", a, b] + 2, num)
            self._range(inner - 1, shape.bits["S", (a, b)])
            self._range(square - norms, shape.bits["V", (a, b)])
        for e in shape.samples:
            self._range(Form.wire(shape.wires[f"N {e}"]) - e_min, shape.bits["N", e])

    def _range(self, value, gates):
        total = value
        for j, left in enumerate(gates):
            self.zero(Form({left: 1, left + 1: 1, ONE: ORDER - 1}))
            self.zero(Form.wire(left + 2))
            total = total - Form.wire(left, 1 << j)
        self.zero(total)

    # -- 5.2

    def lookup(self):
        shape, t = self.shape, self.transcript
        alpha, beta = t.challenge("alpha"), t.challenge("beta")
        claims, ends = self.fractions()
        column, table = ends["column"], ends["table"]
        weights = eq_table(table)
        z = sum(weights[j] * (j - 127) for j in range(255))
        identity = sum(weights[:255])
        self.zero(claims["table"][1] - (alpha - z - beta * identity))
        r, c = eq_table(column[: shape.log_k]), eq_table(column[shape.log_k :])
        used = sum(r[: shape.k]) * sum(c[: shape.d])
        entry = Form.constant(alpha - beta * used) - claims["column"][1]
        slices = [weights[b * shape.m : (b + 1) * shape.m] for b in range(shape.count_rows)]
        first = len(shape.vectors)
        return [
            (entry, [(dict(enumerate(r[: shape.k])), c)]),
            (claims["table"][0] * -1, [({first + b: 1}, part) for b, part in enumerate(slices)]),
        ]

    # -- 5.3

    def match(self):
        shape = self.shape
        mu = self.transcript.challenge("mu")
        forms = [(a, b, f"S {a} {b}") for a, b, _ in shape.pairs] + [(v, v, f"N {v}") for v in shape.vectors]
        claim, power = Form(), 1
        for _, _, name in forms:
            claim = claim + Form.wire(shape.wires[name], power)
            power = power * mu % ORDER
        claim, point = self.rounds(claim, shape.log_m, "match round", "match")
        values = [self.receive("match evaluation", f"x {v}") for v in shape.vectors]
        power = 1
        for a, b, _ in forms:
            claim = claim - self.product(("x", a, b), f"x {a}", f"x {b}") * power
            power = power * mu % ORDER
        self.zero(claim)
        columns = eq_table(point)
        return [(value, [({row: 1}, columns)]) for row, value in enumerate(values)]

    # -- 5.5, as far as the row sumcheck

    def open_rows(self, claims):
        """(claim, row weights L, column weights R)."""
        shape = self.shape
        gamma = self.transcript.challenge("gamma")
        claim, power, terms = Form(), 1, []
        for value, parts in claims:
            claim = claim + value * power
            terms += [(power, rows, columns) for rows, columns in parts]
            power = power * gamma % ORDER
        claim, point = self.rounds(claim, shape.log_rows, "opening round", "opening")
        left, right = eq_table(point), [0] * shape.m
        for power, rows, columns in terms:
            factor = power * sum(weight * left[row] for row, weight in rows.items())
            for j, weight in enumerate(columns):
                right[j] = (right[j] + factor * weight) % ORDER
        return claim, left, right
