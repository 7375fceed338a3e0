"""Section 7.4 and the sumcheck of 7.5: the interaction of a network proof, its claims, and their weights."""

from affine import Form
from interaction import Interaction, eq_table
from network_shape import p2
from ristretto import ORDER
from shape import log2_up

NETWORK_SUITE = b"ristretto255-merlin-network-v1"


def eq(point, bits):
    """eq at one corner, given as an integer whose lowest bit belongs to the last coordinate."""
    product = 1
    for r in reversed(point):
        product = product * (r if bits & 1 else 1 - r) % ORDER
        bits >>= 1
    return product


def eq_points(a, b):
    product = 1
    for x, y in zip(a, b):
        product = product * (x * y + (1 - x) * (1 - y)) % ORDER
    return product


def inner(a, b):
    return sum(x * y for x, y in zip(a, b)) % ORDER


def split_last(point, *dimensions):
    """The last coordinates of the point, in groups, one for each dimension (padded to a power of two)."""
    parts, end = [], len(point)
    for x in reversed(dimensions):
        parts.insert(0, point[end - log2_up(x) : end])
        end -= log2_up(x)
    return parts


def window(rho, output, kappa, kernel, stride, pad, size):
    """A[y] = sum over i < kernel of eq(kappa, i) A_i[y], zero from `size` up to a power of two."""
    outputs, taps, sums = eq_table(rho), eq_table(kappa), [0] * p2(size)
    for i in range(kernel):
        for y_out in range(output):
            y = stride * y_out + i - pad
            if 0 <= y < size:
                sums[y] += taps[i] * outputs[y_out]
    return [value % ORDER for value in sums]


class Region:
    """Weights: a scale times the tensor product of vectors, from an address on, on the rows that a map names."""

    def __init__(self, rows, address, vectors, scale=1):
        self.rows, self.address, self.vectors, self.scale = rows, address, vectors, scale

    def extension(self, left, columns):
        """The weights' multilinear extension, given eq(row point, .) and the column point."""
        columns, value, weights, bits = list(columns), self.scale, [1], 0
        m = 1 << len(columns)
        for vector in reversed(self.vectors):
            size = log2_up(len(vector))
            take = min(size, len(columns))
            table, columns = eq_table(columns[len(columns) - take :]), columns[: len(columns) - take]
            parts = [inner(vector[i : i + len(table)], table) for i in range(0, len(vector), len(table))]
            if size == take:
                value = value * parts[0] % ORDER
            else:
                weights = [part * weight % ORDER for part in parts for weight in weights]
            bits += take
        value = value * eq(columns, self.address % m >> bits) % ORDER
        first = self.address // m
        rows = ((self.rows.get(first + i), weight) for i, weight in enumerate(weights))
        return value * sum(left[row] * weight for row, weight in rows if row is not None) % ORDER


class NetworkInteraction(Interaction):
    def claims(self):
        """All of 7.4 after the rows: claims as (value, regions)."""
        self.copy_constraints()
        self._lookup()
        return self._column_claims() + self._layers()

    def _lookup(self):
        t = self.transcript
        self.alpha, self.beta = alpha, beta = t.challenge("alpha"), t.challenge("beta")
        self.ends, self.points = self.fractions()
        for name in ("RT", "QT"):
            fingerprint = 0
            for weight, entry in zip(eq_table(self.points[name]), self.shape.tables[name]):
                value = 0
                for column in reversed(entry):
                    value = value * beta + column
                fingerprint += weight * (value % ORDER)
            self.zero(self.ends[name][1] - (alpha - fingerprint) % ORDER)
        self.rho = self.points["R"]

    def factor(self, block):
        """lam_b."""
        size = self.shape.sizes[block]
        leading = self.rho[: len(self.rho) - log2_up(size)]
        return eq(leading, self.shape.offsets[block] // size)

    def _column_claims(self):
        shape, rho, alpha, beta = self.shape, self.rho, self.alpha, self.beta
        remainder = Form.constant(alpha - beta * self.factor(shape.start)) - self.ends["R"][1]
        sent = {name: self.receive("layer value", name) for name in shape.values}
        kinds = sum(kind * self.factor(block) for block, kind in shape.kind_of.items())
        quotient = Form.constant(alpha - beta**2 * kinds) - self.ends["Q"][1] - sent["v_z"] * beta
        if shape.has_p:
            quotient = quotient - sent["v_p"] * beta**3
        self.claim = quotient * (1 << shape.s) + remainder - sent["v_start"] - sent["v_bias"]

        high, low = eq_table(rho[: len(rho) - shape.log_m]), eq_table(rho[len(rho) - shape.log_m :])
        claims = [(remainder, [Region(shape.maps["R"], 0, [high, low])])]
        claims.append((sent["v_start"], [Region(shape.start_map, 0, [high, low])]))
        claims.append((sent["v_z"], [Region(shape.maps["Z"], 0, [high, low])]))
        if shape.has_p:
            claims.append((sent["v_p"], [Region(shape.maps["P"], 0, [high, low])]))
        for name in ("RT", "QT"):
            rows = {i: shape.first_count[name] + i for i in range(len(shape.tables[name]) // shape.m)}
            claims.append((self.ends[name][0] * -1, [Region(rows, 0, [eq_table(self.points[name])])]))
        return [*claims, (sent["v_bias"], [self._bias_region(i, layer) for i, layer in shape.layers])]

    def _parameters(self, piece, vectors, scale=1):
        shape = self.shape
        rows = {i: shape.first_parameter + i for i in range(shape.parameter_rows)}
        return Region(rows, shape.pieces[piece], vectors, scale)

    def _bias_region(self, i, layer):
        channels, height, width = layer.shape
        rho_o, rho_y, rho_x = split_last(self.rho, *layer.shape)
        inside = sum(eq_table(rho_y)[:height]) * sum(eq_table(rho_x)[:width])
        return self._parameters((i, None), [eq_table(rho_o)], self.factor(i + 1) * inside % ORDER)

    def _layers(self):
        shape = self.shape
        claim, kappa = self.rounds(self.claim, shape.rounds, "layer round", "layer", shape.degree)
        claims = []
        for i, layer, t, term in shape.terms:
            count = shape.variables(term)
            factor = self.factor(i + 1)
            for x in kappa[: len(kappa) - count]:
                factor = factor * (1 - x) % ORDER
            rho_o, rho_y, rho_x = split_last(self.rho, *layer.shape)
            own = kappa[len(kappa) - count :]
            kappa_c, kappa_i, kappa_j = split_last(own, term.source[0], *term.kernel)
            if term.depthwise:
                factor = factor * eq_points(rho_o, kappa_c) % ORDER
            w_name, x_name = f"w {i} {t}", f"x {i} {t}"
            w, x = self.receive("layer factor", w_name), self.receive("layer factor", x_name)
            claim = claim - self.product(("factor", i, t), w_name, x_name) * factor
            vectors = [eq_table(own)] if term.depthwise else [eq_table(rho_o), eq_table(own)]
            claims.append((w, [self._parameters((i, t), vectors)]))
            channels, height, width = term.source
            c = eq_table(kappa_c)
            vectors = [
                c[:channels] + [0] * (len(c) - channels),
                *(
                    window(rho, output, k, kernel, stride, pad, size)
                    for rho, output, k, kernel, stride, pad, size in zip(
                        (rho_y, rho_x), layer.shape[1:], (kappa_i, kappa_j),
                        term.kernel, term.strides, term.pads, (height, width),
                    )
                ),
            ]
            claims.append((x, [self._source_region(block, column, vectors) for block, column in term.sources]))
        self.zero(claim)
        return claims

    def _source_region(self, block, column, vectors):
        shape = self.shape
        name = "R" if block == shape.start else "ZP"[column]
        return Region(shape.maps[name], shape.offsets[block], vectors)

    # -- 7.5

    def open_entries(self, claims):
        """(claim, row weights L, column weights R)."""
        shape = self.shape
        gamma = self.transcript.challenge("gamma")
        claim, power, terms = Form(), 1, []
        for value, regions in claims:
            claim = claim + value * power
            terms += [(power, region) for region in regions]
            power = power * gamma % ORDER
        claim, point = self.rounds(claim, shape.log_m + shape.log_rows, "opening round", "opening")
        columns, left = point[: shape.log_m], eq_table(point[shape.log_m :])
        omega = sum(power * region.extension(left, columns) for power, region in terms) % ORDER
        return claim, left, [omega * value % ORDER for value in eq_table(columns)]
