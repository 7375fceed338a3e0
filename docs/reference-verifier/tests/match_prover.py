"""A slow prover of sections 4 to 6, for tests, beside that of section 7 (prover.py); and whole envelopes, signed by keys of its own.

It proves whatever it is given: where the samples do not meet the statement, it follows the protocol on values that are not so,
and the verifier has to find it out. Nothing here shares a line with the Swift code.
"""

import hashlib
import struct
from collections import Counter
from types import SimpleNamespace

import ed25519
import prover
import verify
import wire
from interaction import eq_table
from ristretto import ORDER, decode, encode

ROLES = {name: number for number, name in wire.ROLES.items()}
ASSURANCES = {"match": 1, "head": 2, "full": 3}


class SigningKey:
    """Ed25519 (RFC 8032), from a seed."""

    def __init__(self, seed):
        digest = hashlib.sha512(seed).digest()
        scalar = bytearray(digest[:32])
        scalar[0] &= 248
        scalar[31] = scalar[31] & 127 | 64
        self.scalar, self.prefix = int.from_bytes(scalar, "little"), digest[32:]
        self.public = ed25519._encode(ed25519._multiply(self.scalar, ed25519.BASE))

    def sign(self, message):
        nonce = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % ORDER
        point = ed25519._encode(ed25519._multiply(nonce, ed25519.BASE))
        k = int.from_bytes(hashlib.sha512(point + self.public + message).digest(), "little")
        return point + ((nonce + k * self.scalar) % ORDER).to_bytes(32, "little")


class Row:
    """A committed vector: an embedding or a template."""

    def __init__(self, values, blinder):
        self.values, self.blinder = list(values), blinder
        self.encoded = encode(prover.commit(self.values, blinder))

    @property
    def pair(self):
        return self.encoded, decode(self.encoded)


class MatchProver(prover.Argument):
    def __init__(self, shape, terms, transcript, rng, samples, template, new_blinder=None):
        self.rng, self.num, self.e_min = rng, *terms
        self.old_blinder, self.new_blinder = template and template.blinder, new_blinder
        rows = samples + ([template] if template else [])
        self.values = {name: row.values for name, row in zip(shape.vectors, rows)}
        matrix = [row.values + [0] * (shape.m - len(row.values)) for row in rows]
        counts = self._multiplicities(shape, matrix[: shape.k])
        self.counts = [counts[i : i + shape.m] + [0] * (shape.m - 256) for i in range(0, 256, shape.m)]
        count_blinders = [self.random() for _ in self.counts]
        matrix += self.counts
        blinders = [row.blinder for row in rows] + count_blinders
        padding = (1 << shape.log_rows) - len(matrix)
        matrix += [[0] * shape.m for _ in range(padding)]
        super().__init__(shape, transcript, rng, matrix, blinders + [0] * padding)
        self.count_rows = [Row(*pair) for pair in zip(self.counts, count_blinders)]
        self._set_values()
        self.finish_wires()

    @staticmethod
    def _entry(shape, row, column):
        """Which index of the table a position must be; what is none of its values has no place there."""
        return 1 if row < shape.k and column < shape.d else 0

    def _multiplicities(self, shape, vectors):
        counts = Counter()
        for a in range(1 << shape.log_k):
            for j in range(shape.m):
                value = vectors[a][j] if a < shape.k else 0
                if self._entry(shape, a, j) and -127 <= value <= 127:
                    counts[value + 127] += 1
                elif not self._entry(shape, a, j) and value == 0:
                    counts[255] += 1
        return [counts[i] for i in range(256)]

    def _set_values(self):
        """The wires that are values, not pads (section 4, item 4)."""
        shape, w = self.shape, self.wires
        inner = {}
        for a, b, _ in shape.pairs:
            inner[a, b] = sum(x * y for x, y in zip(self.values[a], self.values[b]))
            w[shape.wires[f"S {a} {b}"]] = inner[a, b] % ORDER
        norms = {v: sum(x * x for x in self.values[v]) for v in shape.vectors}
        for v, norm in norms.items():
            w[shape.wires[f"N {v}"]] = norm
        for a, b, _ in shape.pairs:
            self._set_bits(shape.bits["S", (a, b)], inner[a, b] - 1)
            self._set_bits(shape.bits["V", (a, b)], (inner[a, b] ** 2 << 16) - self.num * norms[a] * norms[b])
        for e in shape.samples:
            self._set_bits(shape.bits["N", e], norms[e] - self.e_min)

    def _set_bits(self, gates, value):
        """Of a value out of range, the bits that it would have if it were in it."""
        for j, left in enumerate(gates):
            self.wires[left] = value >> j & 1
            self.wires[left + 1] = 1 - self.wires[left]

    # -- what the verifier reads, in order

    def answers(self, interaction):
        yield from self._wires()
        yield from self._fractions(self._leaves())
        yield from self._match()
        yield from self._open_rows()
        if self.new_blinder is not None:
            yield from self._reblind()
        yield from self._closing(interaction)

    def _leaves(self):
        shape = self.shape
        alpha, beta = self.t.last("alpha"), self.t.last("beta")
        columns = []
        for a in range(1 << shape.log_k):
            for j in range(shape.m):
                value = self.matrix[a][j] if a < shape.k else 0
                columns.append((alpha - value - beta * self._entry(shape, a, j)) % ORDER)
        table = [(alpha - (j - 127) - beta) % ORDER for j in range(255)] + [alpha]
        counts = [-count % ORDER for row in self.counts for count in row[:256]]
        return {"column": ([1] * len(columns), columns), "table": (counts, table)}

    def _match(self):
        shape, mu = self.shape, self.t.last("mu")
        forms = [(a, b) for a, b, _ in shape.pairs] + [(v, v) for v in shape.vectors]
        tables = {v: self.matrix[i] for i, v in enumerate(shape.vectors)}
        point = []
        for i in range(shape.log_m):
            half = len(tables[shape.vectors[0]]) // 2
            for x in (0, 2):
                at = {v: [a + x * (b - a) for a, b in zip(t[:half], t[half:])] for v, t in tables.items()}
                total, power = 0, 1
                for a, b in forms:
                    total += power * sum(p * q for p, q in zip(at[a], at[b]))
                    power = power * mu % ORDER
                yield self.send(f"match{i}({x})", total)
            point.append(self.t.last("match rho"))
            tables = {v: prover.fold(t, point[-1]) for v, t in tables.items()}
        self.match_point = point
        for v in shape.vectors:
            yield self.send(f"x {v}", tables[v][0])

    def _terms(self):
        """The claims' weights (5.4): (row weights, column weights), in order."""
        shape, height = self.shape, len(self.matrix)
        column, table = self.true["point", "column"], eq_table(self.true["point", "table"])

        def only(row):
            return [int(i == row) for i in range(height)]

        rows = eq_table(column[: shape.log_k])[: shape.k]
        terms = [[(rows + [0] * (height - shape.k), eq_table(column[shape.log_k :]))]]
        first = len(shape.vectors)
        slices = [table[b * shape.m : (b + 1) * shape.m] for b in range(shape.count_rows)]
        terms.append([(only(first + b), s + [0] * (shape.m - len(s))) for b, s in enumerate(slices)])
        return terms + [[(only(i), eq_table(self.match_point))] for i in range(first)]

    def _open_rows(self):
        shape, gamma, power = self.shape, self.t.last("gamma"), 1
        tables = []  # (row weights with the claim's power, <row, column weights>, column weights)
        for terms in self._terms():
            for rows, columns in terms:
                inner = [sum(x * y for x, y in zip(row, columns)) % ORDER for row in self.matrix]
                tables.append(([power * weight % ORDER for weight in rows], inner, columns))
            power = power * gamma % ORDER
        point = []
        for i in range(shape.log_rows):
            for x in (0, 2):
                total = 0
                for rows, inner, _ in tables:
                    half = len(rows) // 2
                    for j in range(half):
                        weight = rows[j] + x * (rows[j + half] - rows[j])
                        total += weight * (inner[j] + x * (inner[j + half] - inner[j]))
                yield self.send(f"opening{i}({x})", total)
            point.append(self.t.last("opening rho"))
            tables = [(prover.fold(rows, point[-1]), prover.fold(inner, point[-1]), c) for rows, inner, c in tables]
        right = [sum(rows[0] * c[j] for rows, _, c in tables) % ORDER for j in range(shape.m)]
        yield from self._open_row(eq_table(point), right, 4)

    def _reblind(self):
        nonce = self.random()
        yield prover.commit([], nonce)
        yield nonce + self.t.last("reblind c") * (self.new_blinder - self.old_blinder)


class Part:
    """What one part of a statement is proved with: k samples, at `head` and `full` with the networks' runs."""

    def __init__(self, samples, networks=()):
        self.samples, self.networks = samples, networks  # networks: prover.Prover, whose rows are committed

    def block(self, index, d):
        """(channels, height, width) and rows of what the sensor signs of a sample."""
        if not self.networks:
            return (1, 1, d), [self.samples[index].encoded]
        network = self.networks[index]
        return network.shape.model.shapes[network.shape.start], network.encoded_rows[: network.shape.start_rows]


def network_prover(witness, embedding_blinder=None):
    """The prover of one network proof with its rows committed, and the sample that its embedding row is."""
    made = prover.Prover(witness, prover.RecordingTranscript("semblance network v1"))
    shape = made.shape
    if embedding_blinder is not None:
        made.blinders[shape.e_row] = embedding_blinder
    made.encoded_rows = [encode(point) for point in made.row_points()]
    row = Row(made.matrix[shape.e_row][: shape.model.d], made.blinders[shape.e_row])
    made.encoded_rows.pop(shape.e_row)
    return made, row


class Site:
    """A verifier's and a sensor's keys, and what they sign."""

    def __init__(self):
        self.verifier, self.sensor = SigningKey(b"v" * 32), SigningKey(b"s" * 32)

    def challenge(self, role, assurance, terms, samples=1, template=bytes(32), previous=None, modality=2, **changes):
        def string(text):
            return struct.pack("<H", len(text.encode())) + text.encode()

        def model(identity, d, num, e_min):
            return identity + struct.pack("<HHI", d, num, e_min)

        data = b"SMBC" + bytes([1, ROLES[role], modality, ASSURANCES[assurance]])
        data += string("reference.semblance.test") + self.verifier.public + string("a proof in Python")
        data += string("alice") + string("right-index") + bytes(range(32)) + bytes(32) + template
        data += struct.pack("<Q", 0 if role == "enrol" else 4) + model(*terms) + bytes([samples])
        data += struct.pack("<QQ", 1_700_000_000, 1_700_000_060) + (model(*previous) if previous else b"")
        return data + self.verifier.sign(b"semblance challenge v1" + data)

    def attest(self, challenge, blocks, time=1_700_000_010, key=None):
        message = b"semblance sensor v1" + bytes([challenge.assurance, challenge.modality]) + challenge.digest
        message += struct.pack("<Q", time)
        for (channels, height, width), rows in blocks:
            message += struct.pack("<4I", height, width, channels, len(rows)) + b"".join(rows)
        key = key or self.sensor
        return struct.pack("<Q", time) + key.public + key.sign(message)


def prove(encoded_challenge, parts, rng, attest, template=None, new_template=None):
    """The envelope. `attest(challenge, index, blocks)` gives a sample's attestation, or b""."""
    challenge = wire.signed_challenge(encoded_challenge)
    statements = [(challenge.role, challenge.terms, template)]
    if challenge.role == "upgrade":
        statements = [("enrol", challenge.terms, None), ("refresh", challenge.previous, template)]
    attestations = [
        attest(challenge, i, [part.block(i, terms[1]) for part, (_, terms, _) in zip(parts, statements)])
        for i in range(challenge.k)
    ]
    digest = hashlib.sha256(b"".join(row.encoded for part in parts for row in part.samples)).digest()
    out = b"SMBP\1\1" + struct.pack("<H", len(encoded_challenge)) + encoded_challenge
    out += b"".join(b"\1" + data if data else b"\0" for data in attestations)
    for number, (part, (role, terms, old)) in enumerate(zip(parts, statements), 1):
        bound = bytes([number]) + digest if challenge.role == "upgrade" else b""
        out += _prove_part(challenge, part, role, terms, old, new_template, attestations, bound, rng)
    return out


def _prove_part(challenge, part, role, terms, template, new_template, attestations, bound, rng):
    """The verifier's own `Part` runs on bodies that are answered, which keeps transcript and order the text's."""
    made = []
    proof = verify.Part.__new__(verify.Part)
    proof.challenge, proof.role = challenge, role
    _, d, proof.num, proof.e_min = terms
    proof.shape = verify.Shape(role, d, challenge.k)
    proof.networks = [_network_proof(network, made) for network in part.networks]
    transcript = prover.RecordingTranscript("semblance match v1")
    new_blinder = new_template.blinder if role == "reblind" else None
    match = MatchProver(proof.shape, terms[2:], transcript, rng, part.samples, template, new_blinder)
    proof.samples = [row.pair for row in part.samples]
    proof.counts = [row.pair for row in match.count_rows]
    proof.new = new_template.pair if role == "reblind" else (b"", verify.IDENTITY)
    proof.body = prover.AnsweringBody(match.answers(lambda: made[-1]))
    # The match's transcript comes last, and has the digests of the finished network proofs.
    with prover.answering([*(network.t for network in part.networks), transcript], made):
        proof.verify(attestations, bound)
    rows = [row for row, _ in proof.samples + proof.counts] + [proof.new[0]]
    return b"".join(network.encoded for network in proof.networks) + b"".join(rows) + proof.body.bytes


def _network_proof(network, made):
    proof = verify.NetworkProof.__new__(verify.NetworkProof)
    proof.shape = network.shape
    proof.rows = [(encoded, decode(encoded)) for encoded in network.encoded_rows]
    proof.body = prover.AnsweringBody(network.answers(lambda: made[-1]))
    return SimpleNetwork(proof)


class SimpleNetwork(SimpleNamespace):
    """A network proof in the making: its digest is known once it has been answered."""

    def __init__(self, proof):
        super().__init__(proof=proof, encoded=b"")

    def verify(self, challenge, attestation, index, row):
        self.proof.verify(challenge, attestation, index, row)
        self.encoded = b"".join(row for row, _ in self.proof.rows) + self.proof.body.bytes

    @property
    def digest(self):
        return hashlib.sha256(self.encoded).digest()
