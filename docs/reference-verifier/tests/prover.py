"""A slow honest prover of section 7, for tests: it answers the verifier's own code from plain integers.

The verifier runs as it is, on a body that asks a generator for the next element; the generator sees the transcript's
challenges. Columns, weights and claims are computed by their definitions, address by address, without the verifier's
shortcuts. A changed witness is proved as if it were honest, which shows what the constraints catch.
"""

import hashlib
from collections import Counter
from contextlib import ExitStack, contextmanager
from unittest import mock

import closing
import rows as row_commitments
import verify
from closing import generators
from interaction import eq_table
from merlin import Transcript
from network import eq, split_last
from ristretto import ORDER, basepoint, decode, encode, from_uniform, msm
from witness import p2


def commit(values, blinder):
    terms = [(v, row_commitments.generator(b" G " + j.to_bytes(4, "little"))) for j, v in enumerate(values) if v]
    return msm([*terms, (blinder, row_commitments.generator(b" H"))])


class RecordingTranscript(Transcript):
    def __init__(self, label):
        super().__init__(label)
        self.history = []

    def challenge(self, label):
        value = super().challenge(label)
        self.history.append((label, value))
        return value

    def last(self, label):
        return next(value for name, value in reversed(self.history) if name == label)


class AnsweringBody:
    """Has the verifier's interface to a body; the elements come from a generator and are recorded."""

    def __init__(self, answers):
        self.answers, self.bytes = answers, b""

    def scalar(self):
        value = next(self.answers) % ORDER
        self.bytes += value.to_bytes(32, "little")
        return value

    def point_and_bytes(self, _=None):
        encoded = encode(next(self.answers))
        self.bytes += encoded
        return encoded, decode(encoded)

    def absorbed_scalar(self, transcript, label):
        value = self.scalar()
        transcript.append(label, value.to_bytes(32, "little"))
        return value

    def end(self):
        assert next(self.answers, None) is None


@contextmanager
def answering(transcripts, made):
    """The verifier's code runs on bodies that are answered: it begins these transcripts in this order, `made` gets its
    interactions, and it leaves the group equations to whoever verifies the proof."""
    begun = iter(transcripts)

    def keep(kind):
        class Kept(kind):
            def __init__(self, *arguments):
                super().__init__(*arguments)
                made.append(self)

        return Kept

    with ExitStack() as stack:
        patches = [(verify, "Transcript", lambda label: next(begun))]
        patches += [(verify, name, keep(getattr(verify, name))) for name in ("NetworkInteraction", "MatchInteraction")]
        for module in (row_commitments, closing):
            patches += [(module, "is_identity", lambda point: True), (module, "msm", lambda terms: None)]
        for patch in patches:
            stack.enter_context(mock.patch.object(*patch))
        yield


class Witness:
    """Matrix and columns of one run; a test may change them before the proof."""

    def __init__(self, shape, network, run, rng):
        self.shape, self.network, self.rng = shape, network, rng
        blocks, quotients, remainders = run
        size = 1 << shape.log_addresses
        self.columns = {name: [0] * size for name in "RZPQ"}
        self.kind, self.id = [0] * size, [0] * size
        start = shape.offsets[shape.start]
        for i in range(shape.sizes[shape.start]):
            self.id[start + i] = 1
        for key, value in blocks[shape.start].items():
            self.columns["R"][self.address(shape.start, key)] = value
        for number, _ in shape.layers:
            block = number + 1
            kind = shape.kind_of[block]
            for i in range(shape.sizes[block]):
                self.kind[shape.offsets[block] + i] = kind
            for key, z in blocks[block].items():
                a = self.address(block, key)
                self.columns["R"][a], self.columns["Q"][a] = remainders[block][key], quotients[block][key]
                self.columns["Z"][a] = z
                if shape.kinds[kind][1]:
                    self.columns["P"][a] = max(z, 0)
        self.parameters, self.pieces = network.parameters(shape.m)

    def address(self, block, key):
        o, y, x = key
        _, height, width = self.network.shapes[block]
        return self.shape.offsets[block] + (o * p2(height) + y) * p2(width) + x

    def looked_up(self):
        """(remainder entries, quotient entries), by address."""
        c = self.columns
        return list(zip(c["R"], self.id)), list(zip(c["Q"], c["Z"], self.kind, c["P"]))

    def matrix(self):
        """The rows, and what cannot be placed because its row is zero by shape."""
        shape = self.shape
        matrix = [[0] * shape.m for _ in range(shape.first_parameter)]
        self.lost = []
        for name in "RZP":
            for a, value in enumerate(self.columns[name]):
                row = shape.maps[name].get(a // shape.m)
                if row is not None:
                    matrix[row][a % shape.m] = value
                elif value:
                    self.lost.append((name, a))
        for name, entries in zip(("RT", "QT"), self.looked_up()):
            counts, places = Counter(entries), {}
            for j, entry in enumerate(shape.tables[name]):
                places.setdefault(entry, j)
            for entry, count in counts.items():
                if entry in places:
                    j = places[entry]
                    matrix[shape.first_count[name] + j // shape.m][j % shape.m] = count
        matrix += self.parameters
        return matrix + [[0] * shape.m for _ in range((1 << shape.log_rows) - len(matrix))]


class Argument:
    """What both proofs share: wires, trees, the opening of a row, the closing argument."""

    def __init__(self, shape, transcript, rng, matrix, blinders, group=True):
        self.group, self.rng, self.true = group, rng, {}
        self.shape, self.t, self.matrix, self.blinders = shape, transcript, matrix, blinders
        self.wires = [self.random() for _ in range(3 * shape.gates.count)]
        self.base = basepoint()
        self.blinding_base = from_uniform(hashlib.sha3_512(encode(self.base)).digest())

    def finish_wires(self):
        for original, copy in self.shape.copies:
            self.wires[copy] = self.wires[original]
        for g in range(self.shape.gates.count):
            self.wires[3 * g + 2] = self.wires[3 * g] * self.wires[3 * g + 1] % ORDER

    def random(self):
        return self.rng.randrange(1, ORDER)

    def commit(self, values, blinder):
        return commit(values, blinder) if self.group else self.base

    def sum(self, terms):
        return msm(terms) if self.group else self.base

    def send(self, name, value):
        self.true[name] = value % ORDER
        return self.true[name] - self.wires[self.shape.wires[name]]

    def value(self, form):
        """An affine form at the wires."""
        return sum(c * (1 if wire < 0 else self.wires[wire]) for wire, c in form.items()) % ORDER

    def _wires(self):
        gates, n = self.shape.gates.count, 1 << self.shape.log_n
        g, h = generators(b"G", n), generators(b"H", n)
        left, right, out = self.wires[0::3], self.wires[1::3], self.wires[2::3]
        self.s_left, self.s_right = ([self.random() for _ in range(gates)] for _ in range(2))
        self.wire_blinders = [self.random() for _ in range(3)]
        for blinder, (a, b) in zip(self.wire_blinders, ((left, right), (out, []), (self.s_left, self.s_right))):
            yield self.sum([*zip(a, g), *zip(b, h), (blinder, self.blinding_base)])

    def _fractions(self, leaves):
        """The trees' reduction (5.2) from {tree: (numerators, denominators)}; each tree's point is in `true`."""
        shape, t = self.shape, self.t
        # levels[tree][h] has 2^h nodes; the child bit is the first variable.
        levels = {}
        for name, (p, q) in leaves.items():
            levels[name] = [(p, q)]
            while len(p) > 1:
                half = len(p) // 2
                p, q = (
                    [(p[i] * q[i + half] + p[i + half] * q[i]) % ORDER for i in range(half)],
                    [q[i] * q[i + half] % ORDER for i in range(half)],
                )
                levels[name].insert(0, (p, q))
        for a, b in shape.root_pairs():
            for x, y in ((a, b), (b, a)):
                yield self.send(f"P {x}", levels[x][0][0][0])
                yield self.send(f"Q {y}", levels[y][0][1][0])
        point = []
        for layer in range(shape.height):
            lam, trees = t.last("lambda"), shape.active(layer)
            tables, half = {}, 1 << layer
            for name, _ in trees:
                p, q = levels[name][layer + 1]
                tables[name] = [p[:half], p[half:], q[:half], q[half:]]
            weights, rhos = eq_table(point), []
            for i in range(layer):
                for x in (0, 2):
                    yield self.send(f"t{layer}.{i}({x})", self._tree_round(tables, trees, weights, lam, x))
                rho = t.last("rho")
                rhos.append(rho)
                tables = {name: [fold(v, rho) for v in tree] for name, tree in tables.items()}
                half = len(weights) // 2
                weights = [(a + b) % ORDER for a, b in zip(weights[:half], weights[half:])]
            for name, unit in trees:
                p0, p1, q0, q1 = (v[0] for v in tables[name])
                values = {"p0": p0, "q1": q1, "p1": p1, "q0": q0}
                for x in ("q0", "q1") if unit else ("p0", "q1", "p1", "q0"):
                    yield self.send(f"{name}{layer}.{x}", values[x])
            point = [t.last("tau"), *rhos]
            for name, height, _ in shape.trees:
                if height == layer + 1:
                    self.true["point", name] = point

    @staticmethod
    def _tree_round(tables, trees, weights, lam, x):
        """t(X): eq over the variables after this one, which sum out of this one's table."""
        half = len(weights) // 2
        later = [(a + b) % ORDER for a, b in zip(weights[:half], weights[half:])]
        total = 0
        for c, (name, _) in enumerate(trees):
            p0, p1, q0, q1 = ([(a + x * (b - a)) % ORDER for a, b in zip(v[:half], v[half:])] for v in tables[name])
            for i, weight in enumerate(later):
                p, q = p0[i] * q1[i] + p1[i] * q0[i], q0[i] * q1[i]
                total += weight * (pow(lam, 2 * c, ORDER) * p + pow(lam, 2 * c + 1, ORDER) * q)
        return total % ORDER

    def _open_row(self, left, right, last):
        """The combined row (5.5), folded to `last` entries."""
        shape, t, m = self.shape, self.t, self.shape.m
        u = [sum(weight * row[j] for weight, row in zip(left, self.matrix)) % ORDER for j in range(m)]
        r = sum(weight * blinder for weight, blinder in zip(left, self.blinders)) % ORDER
        p, delta = self.wires[shape.wires["p"]], self.random()
        d = [self.random() for _ in range(m)]
        d[0] += (p - sum(x * y for x, y in zip(d, right))) * pow(right[0], -1, ORDER)
        yield self.commit(d, delta)
        k = t.last("k")
        yield k * sum(x * y for x, y in zip(u, right)) + p
        yield k * r + delta
        base = self.sum([(t.last("U"), row_commitments.generator(b" U"))])
        w = [(k * x + y) % ORDER for x, y in zip(u, d)]
        points = [row_commitments.generator(b" G " + j.to_bytes(4, "little")) for j in range(m)]
        factors = [1] * m  # the points stay unfolded: entry j stands for those at j, j + len(w), .. with these factors
        while len(w) > last:
            half = len(w) // 2
            for mine, theirs in ((range(half), half), (range(half, 2 * half), 0)):
                terms, inner = [], 0
                for j in mine:
                    other = j % half + theirs
                    inner += w[j] * right[other]
                    terms += [(w[j] * factors[a], points[a]) for a in range(other, m, len(w))]
                yield self.sum([*terms, (inner, base)])
            x = t.last("fold")
            inverse = pow(x, -1, ORDER)
            factors = [f * (inverse if a % len(w) < half else x) % ORDER for a, f in enumerate(factors)]
            w = [(x * low + inverse * high) % ORDER for low, high in zip(w[:half], w[half:])]
            right = [(inverse * low + x * high) % ORDER for low, high in zip(right[:half], right[half:])]
        yield from w

    # -- 5.7

    def _closing(self, interaction):
        t, gates, n = self.t, self.shape.gates.count, 1 << self.shape.log_n
        y, z = t.last("y"), t.last("z")
        w_l, w_r, w_o, _ = closing.flatten(interaction().constraints, n, z)
        left, right, out = self.wires[0::3], self.wires[1::3], self.wires[2::3]
        l, r = ([[0] * n for _ in range(4)] for _ in range(2))
        power, inverse, inverses = 1, pow(y, -1, ORDER), []
        for i in range(n):
            inverses.append(pow(power, -1, ORDER))
            r[0][i] = w_o[i] - power
            if i < gates:
                l[1][i] = left[i] + inverses[i] * w_r[i]
                l[2][i], l[3][i] = out[i], self.s_left[i]
                r[1][i] = power * right[i] + w_l[i]
                r[3][i] = power * self.s_right[i]
            power = power * y % ORDER
        t_poly = [0] * 7
        for i in range(4):
            for j in range(4):
                t_poly[i + j] += sum(a * b for a, b in zip(l[i], r[j]))
        taus = {i: self.random() for i in (1, 3, 4, 5, 6)}
        for i, tau in taus.items():
            yield self.sum([(t_poly[i], self.base), (tau, self.blinding_base)])
        u, x = t.last("u"), t.last("x")
        powers = [pow(x, i, ORDER) for i in range(7)]
        yield sum(a * b for a, b in zip(t_poly, powers))
        yield sum(tau * powers[i] for i, tau in taus.items())
        yield sum(blinder * powers[i + 1] for i, blinder in enumerate(self.wire_blinders))
        q = self.sum([(t.last("w"), self.base)])
        a = [sum(c[i] * powers[j] for j, c in enumerate(l)) % ORDER for i in range(n)]
        b = [sum(c[i] * powers[j] for j, c in enumerate(r)) % ORDER for i in range(n)]
        g, h = generators(b"G", n), generators(b"H", n)
        own = [1 if i < gates else u for i in range(n)]
        for_g, for_h = own, [f * v % ORDER for f, v in zip(own, inverses)]
        while len(a) > 1:
            size, half = len(a), len(a) // 2
            for a_part, b_part, a_at, b_at in ((0, half, half, 0), (half, 0, 0, half)):
                terms, inner = [], 0
                for j in range(half):
                    inner += a[a_part + j] * b[b_part + j]
                    terms += [(a[a_part + j] * for_g[i], g[i]) for i in range(a_at + j, n, size)]
                    terms += [(b[b_part + j] * for_h[i], h[i]) for i in range(b_at + j, n, size)]
                yield self.sum([*terms, (inner, q)])
            c = t.last("u")
            inverse = pow(c, -1, ORDER)
            for_g = [f * (inverse if i % size < half else c) % ORDER for i, f in enumerate(for_g)]
            for_h = [f * (c if i % size < half else inverse) % ORDER for i, f in enumerate(for_h)]
            a = [(c * low + inverse * high) % ORDER for low, high in zip(a[:half], a[half:])]
            b = [(inverse * low + c * high) % ORDER for low, high in zip(b[:half], b[half:])]
        yield a[0]
        yield b[0]


class Prover(Argument):
    """Of a network proof."""

    def __init__(self, witness, transcript, group=True):
        self.w, self.rng = witness, witness.rng
        matrix, own = witness.matrix(), witness.shape.first_parameter
        blinders = [self.random() if i < own else 0 for i in range(len(matrix))]
        super().__init__(witness.shape, transcript, witness.rng, matrix, blinders, group)
        self.finish_wires()

    def row_points(self):
        """Commitments to all rows before the parameter rows."""
        return [self.commit(self.matrix[i], self.blinders[i]) for i in range(self.shape.first_parameter)]

    # -- what the verifier reads, in order

    def answers(self, interaction):
        yield from self._wires()
        yield from self._fractions(self._leaves())
        self.rho = self.true["point", "R"]
        yield from self._layers()
        yield from self._opening()
        yield from self._closing(interaction)

    def _leaves(self):
        self.alpha, self.beta = self.t.last("alpha"), self.t.last("beta")
        remainders, quotients = self.w.looked_up()
        matrix, shape, m = self.matrix, self.shape, self.shape.m

        def denominators(entries):
            return [(self.alpha - sum(self.beta**i * x for i, x in enumerate(entry))) % ORDER for entry in entries]

        def counts(name):
            first = shape.first_count[name]
            return [-matrix[first + j // m][j % m] % ORDER for j in range(len(shape.tables[name]))]

        leaves = {
            "R": ([1] * len(remainders), denominators(remainders)),
            "Q": ([1] * len(quotients), denominators(quotients)),
        }
        for name in ("RT", "QT"):
            leaves[name] = counts(name), denominators(shape.tables[name])
        return leaves

    def lam(self, block):
        """eq of the leading coordinates, that is, the sum of eq(rho, a) over the block's addresses."""
        size = self.shape.sizes[block]
        leading = self.rho[: len(self.rho) - (size - 1).bit_length()]
        return eq(leading, self.shape.offsets[block] // size)

    def _layers(self):
        """Values by definition: sums over addresses with eq(rho, .)."""
        shape, network = self.shape, self.w.network
        weights = self.at_rho = eq_table(self.rho)
        start = shape.offsets[shape.start]
        for name in shape.values:
            if name == "v_start":
                value = sum(weights[a] * self.w.columns["R"][a] for a in range(start, start + shape.sizes[shape.start]))
            elif name == "v_bias":
                value = 0
                for number, layer in shape.layers:
                    for key in positions(network.shapes[number + 1]):
                        value += weights[self.w.address(number + 1, key)] * network.layers[number].bias[key[0]]
            else:
                column = self.w.columns[name[2].upper()]
                value = sum(weight * v for weight, v in zip(weights, column) if v)
            yield self.send(name, value)
        self.factors = {}
        products, k_max = [], shape.rounds
        for number, layer, t, term in shape.terms:
            w, x, eq_o = self._factors(number, t)
            self.factors[number, t] = w, x
            k = len(w).bit_length() - 1
            repeat = 1 << k_max - k
            short = [self.lam(number + 1)] * len(w) + [0] * ((repeat - 1) * len(w))
            products.append([short, w * repeat, x * repeat] + ([eq_o * repeat] if eq_o else []))
        self.kappa = []
        for i in range(k_max):
            for x in (0, *range(2, shape.degree + 1)):
                total = 0
                for tables in products:
                    half = len(tables[0]) // 2
                    at = [[(a + x * (b - a)) % ORDER for a, b in zip(v[:half], v[half:])] for v in tables]
                    for values in zip(*at):
                        product = 1
                        for value in values:
                            product = product * value % ORDER
                        total += product
                yield self.send(f"layer{i}({x})", total)
            self.kappa.append(self.t.last("layer rho"))
            products = [[fold(v, self.kappa[-1]) for v in tables] for tables in products]
        for number, _, t, _ in shape.terms:
            for name, table in zip("wx", self.factors[number, t]):
                k = len(table).bit_length() - 1
                for value in self.kappa[k_max - k :]:
                    table = fold(table, value)
                yield self.send(f"{name} {number} {t}", table[0])

    def _factors(self, number, t):
        """Tables of w_t, x_t and eq(rho_o, c) (or None) over all (c, i, j), padded."""
        network, layer = self.w.network, self.w.network.layers[number]
        term = layer.terms[t]
        c_max, height, width = network.shapes[term.sources[0][0]]
        rho_o, rho_y, rho_x = (eq_table(part) for part in split_last(self.rho, *layer.shape))
        c_size, i_size, j_size = (1 << (n - 1).bit_length() for n in (c_max, *term.kernel))
        w, x = [0] * (c_size * i_size * j_size), [0] * (c_size * i_size * j_size)
        for key, weight in term.weights.items():
            c, i, j = key[-3:]
            index = (c * i_size + i) * j_size + j
            w[index] = (w[index] + weight * (1 if term.depthwise else rho_o[key[0]])) % ORDER
        for c in range(c_max):
            for i in range(term.kernel[0]):
                for j in range(term.kernel[1]):
                    total = 0
                    for _, y_out, x_out in positions((1, *layer.shape[1:])):
                        y = term.strides[0] * y_out + i - term.pads[0]
                        xx = term.strides[1] * x_out + j - term.pads[1]
                        if 0 <= y < height and 0 <= xx < width:
                            value = sum(self.source(block, column, (c, y, xx)) for block, column in term.sources)
                            total += rho_y[y_out] * rho_x[x_out] * value
                    x[(c * i_size + i) * j_size + j] = total % ORDER
        eq_o = [rho_o[i // (i_size * j_size)] for i in range(len(w))] if term.depthwise else None
        return w, x, eq_o

    def source(self, block, column, key):
        name = "R" if block == self.shape.start else "ZP"[column]
        return self.w.columns[name][self.w.address(block, key)]

    # -- claims by definition

    def dense_weights(self):
        """For each claim {(row, column): weight}, in the order of 7.4."""
        shape, m, at_rho = self.shape, self.shape.m, self.at_rho
        claims = []

        def column(name, maps):
            rows = ((a, maps.get(a // m), weight) for a, weight in enumerate(at_rho))
            claims.append({(row, a % m): weight for a, row, weight in rows if row is not None})

        column("R", shape.maps["R"])
        column("start", shape.start_map)
        column("Z", shape.maps["Z"])
        if shape.has_p:
            column("P", shape.maps["P"])
        for name in ("RT", "QT"):
            first = shape.first_count[name]
            table = eq_table(self.true["point", name])
            claims.append({(first + j // m, j % m): weight for j, weight in enumerate(table)})
        bias = Counter()
        for number, layer in shape.layers:
            for key in positions(layer.shape):
                bias[self._parameter((number, None), key[0])] += at_rho[self.w.address(number + 1, key)]
        # The padding of a bias is zero, but the weights there are not: the text sums over all of p2(c_o).
        for number, layer in shape.layers:
            channels, height, width = layer.shape
            rho_o, rho_y, rho_x = (eq_table(part) for part in split_last(self.rho, *layer.shape))
            inside = self.lam(number + 1) * sum(rho_y[:height]) * sum(rho_x[:width])
            for o in range(channels, len(rho_o)):
                bias[self._parameter((number, None), o)] += inside * rho_o[o]
        claims.append(bias)
        for number, layer, t, term in shape.terms:
            w, x = self._term_weights(number, t)
            claims += [w, x]
        return claims

    def _parameter(self, piece, index):
        a = self.w.pieces[piece] + index
        return self.shape.first_parameter + a // self.shape.m, a % self.shape.m

    def _term_weights(self, number, t):
        shape, network = self.shape, self.w.network
        layer = network.layers[number]
        term = layer.terms[t]
        c_max, height, width = network.shapes[term.sources[0][0]]
        parts = split_last(self.kappa, c_max, *term.kernel)
        own = [r for part in parts for r in part]
        at_own, (at_c, at_i, at_j) = eq_table(own), (eq_table(part) for part in parts)
        rho_o, rho_y, rho_x = (eq_table(part) for part in split_last(self.rho, *layer.shape))
        w, x = Counter(), Counter()
        for o, weight in enumerate([1] if term.depthwise else rho_o):
            for i, value in enumerate(at_own):
                w[self._parameter((number, t), o * len(at_own) + i)] += weight * value
        for i in range(term.kernel[0]):
            for j in range(term.kernel[1]):
                for _, y_out, x_out in positions((1, *layer.shape[1:])):
                    y, xx = term.strides[0] * y_out + i - term.pads[0], term.strides[1] * x_out + j - term.pads[1]
                    if not (0 <= y < height and 0 <= xx < width):
                        continue
                    weight = at_i[i] * at_j[j] * rho_y[y_out] * rho_x[x_out] % ORDER
                    for block, column in term.sources:
                        rows = shape.maps["R" if block == shape.start else "ZP"[column]]
                        for c in range(c_max):
                            a = self.w.address(block, (c, y, xx))
                            x[rows[a // shape.m], a % shape.m] += weight * at_c[c]
        return w, x

    # -- 7.5

    def _opening(self):
        shape, t, m = self.shape, self.t, self.shape.m
        gamma, power, height = t.last("gamma"), 1, len(self.matrix)
        omega = [[0] * m for _ in range(height)]
        self.weights = self.dense_weights()
        for weights in self.weights:
            for (row, column), weight in weights.items():
                omega[row][column] = (omega[row][column] + power * weight) % ORDER
            power = power * gamma % ORDER
        # First variables are the columns': flatten with the column index leading.
        entries = [self.matrix[i][j] for j in range(m) for i in range(height)]
        weights = [omega[i][j] for j in range(m) for i in range(height)]
        point = []
        for i in range(shape.log_m + shape.log_rows):
            half = len(entries) // 2
            for x in (0, 2):
                total = 0
                for j in range(half):
                    a = entries[j] + x * (entries[j + half] - entries[j])
                    b = weights[j] + x * (weights[j + half] - weights[j])
                    total += a * b
                yield self.send(f"opening{i}({x})", total)
            point.append(t.last("opening rho"))
            entries, weights = fold(entries, point[-1]), fold(weights, point[-1])
        columns, left = eq_table(point[: shape.log_m]), eq_table(point[shape.log_m :])
        right = self.right = [weights[0] * c % ORDER for c in columns]
        yield from self._open_row(left, right, 16)


def fold(table, x):
    half = len(table) // 2
    return [(a + x * (b - a)) % ORDER for a, b in zip(table[:half], table[half:])]


def positions(shape):
    channels, height, width = shape
    return ((o, y, x) for o in range(channels) for y in range(height) for x in range(width))
