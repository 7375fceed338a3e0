"""Section 7 of docs/protocol.md on small random networks: the honest prover of prover.py, and what the checks catch."""

import pathlib
import random
import sys
import unittest
from types import SimpleNamespace
from unittest import mock

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1])]
sys.dont_write_bytecode = True

import closing  # noqa: E402
import prover  # noqa: E402
import rows  # noqa: E402
import verify  # noqa: E402
import witness  # noqa: E402
from model import decode_model  # noqa: E402
from network import NetworkInteraction  # noqa: E402
from network_shape import NetworkShape  # noqa: E402
from refusal import Refused  # noqa: E402
from ristretto import ORDER, encode  # noqa: E402

SEEDS = (2, 3, 7, 9, 10, 12)
CHALLENGE = SimpleNamespace(encoded=b"a signed challenge")


class Case:
    """A random network, its published model, and the witness of one run."""

    def __init__(self, seed, head=False, **options):
        self.rng = rng = random.Random(seed)
        self.network = network = witness.random_network(rng, **options)
        run = network.run(witness.random_image(rng, network.shapes[0]))
        self.ranges = network.ranges([run])
        self.model_rows, _ = network.parameters(network.row_width())
        self.points = [prover.commit(row, 0) for row in self.model_rows]
        self.encoded_model = witness.published(network, self.ranges, self.points)
        self.model = decode_model(self.encoded_model)
        self.shape = NetworkShape(self.model, network.head if head else 0)
        self.witness = prover.Witness(self.shape, network, run, rng)

    def prove(self, group=True):
        """(prover, constraints, proof, embedding row); without `group`, no group equation is made or checked."""
        made = SimpleNamespace()
        shape, case = self.shape, self

        class Interaction(NetworkInteraction):
            def __init__(self, *arguments):
                super().__init__(*arguments)
                made.interaction = self

            def open_entries(self, claims):
                made.claims = claims
                made.opened = super().open_entries(claims)
                return made.opened

        class Proof(verify.NetworkProof):
            def __init__(self):
                self.shape = shape
                made.transcript = prover.RecordingTranscript("semblance network v1")
                made.prover = prover.Prover(case.witness, made.transcript, group)
                points = made.prover.row_points()
                encoded = [(encode(point), point) for point in points]
                made.row = encoded.pop(shape.e_row)
                self.rows = encoded
                self.body = prover.AnsweringBody(made.prover.answers(lambda: made.interaction))

        proof = Proof()
        patches = [
            mock.patch.object(verify, "Transcript", lambda label: made.transcript),
            mock.patch.object(verify, "NetworkInteraction", Interaction),
        ]
        if not group:
            patches.append(mock.patch.object(rows, "is_identity", lambda point: True))
            patches.append(mock.patch.object(rows, "msm", lambda terms: None))
            patches.append(mock.patch.object(closing, "verify", lambda *arguments: None))
        for patch in patches:
            patch.start()
        try:
            proof.verify(CHALLENGE, b"", 0, made.row)
        finally:
            for patch in patches:
                patch.stop()
        made.proof = b"".join(encoded for encoded, _ in proof.rows) + proof.body.bytes
        return made

    def broken(self, made=None):
        """The names of the constraints that this witness does not satisfy."""
        made = made or self.prove(group=False)
        copies, height = len(self.shape.copies), self.shape.height
        names = ["copy"] * copies + ["remainder root", "quotient root"] + ["tree"] * height
        names += ["remainder table", "quotient table", "layers", "opening"]
        assert len(names) == len(made.interaction.constraints)
        return [name for name, form in zip(names, made.interaction.constraints) if made.prover.value(form)]

    def find(self, layer_block, inside=True):
        """An address of the block's slot at a real position, or at a padded one in an occupied row."""
        shape, network = self.shape, self.network
        real = {self.witness.address(layer_block, key) for key in prover.positions(network.shapes[layer_block])}
        if inside:
            return min(real)
        slot = range(shape.offsets[layer_block], shape.offsets[layer_block] + shape.sizes[layer_block])
        return next(a for a in slot if a not in real and a // shape.m in shape.maps["R"])


class HonestTests(unittest.TestCase):
    """The identities of section 7.4: both sides, each claim by its dense weights, and Omega~."""

    def check(self, case):
        made = case.prove(group=False)
        self.assertEqual(case.broken(made), [])
        self.assertEqual(case.witness.lost, [])
        for number, ((form, _), weights) in enumerate(zip(made.claims, made.prover.weights, strict=True)):
            total = sum(weight * made.prover.matrix[row][column] for (row, column), weight in weights.items())
            self.assertEqual(made.prover.value(form), total % ORDER, f"claim {number}")
        self.assertEqual(made.opened[2], made.prover.right, "Omega~")

    def test_full(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                self.check(Case(seed))

    def test_head(self):
        for seed in (1, 10, 18):
            with self.subTest(seed=seed):
                case = Case(seed, head=True)
                self.assertGreater(case.shape.start, 0)
                self.check(case)

    def test_wider_rows(self):
        case = Case(11, d=130, depth=2)
        self.assertEqual(case.shape.m, 256)
        self.check(case)

    def test_cases_cover_the_text(self):
        seen = set()
        for seed in SEEDS:
            case = Case(seed)
            terms = [term for *_, term in case.shape.terms]
            seen |= {"depthwise"} if any(term.depthwise for term in terms) else {"dense only"}
            seen |= {"sum of sources"} if any(len(term.sources) > 1 for term in terms) else set()
            seen |= {"stride"} if any(max(term.strides) > 1 for term in terms) else set()
            seen |= {"pad"} if any(max(term.pads) > 0 for term in terms) else set()
            seen |= {"PReLU"} if case.shape.has_p else set()
            seen |= {"quadratic"} if any(case.model.tables[table].quadratic for table, _ in case.shape.kinds) else set()
            seen |= {"gate"} if any(case.model.tables[table].gate for table, _ in case.shape.kinds) else set()
            seen |= {"last kind is not 0"} if case.shape.kind_of[case.shape.last] else set()
        self.assertEqual(len(seen), 9, seen)


class DishonestWitnessTests(unittest.TestCase):
    """A prover that follows the protocol on columns that are not those of the network."""

    SEED = 10

    def refute(self, change, names):
        case = Case(self.SEED)
        change(case)
        self.assertEqual(case.broken(), names)

    @staticmethod
    def move(case, name, address, by=1):
        case.witness.columns[name][address] += by

    def test_embedding(self):
        def change(case):
            a = case.find(case.shape.last)
            self.move(case, "Z", a, -1 if case.witness.columns["Z"][a] > 0 else 1)

        self.refute(change, ["quotient root"])

    def test_remainder_out_of_range(self):
        def change(case):
            a = case.find(case.shape.last)
            step = -1 if case.witness.columns["Q"][a] > 0 else 1
            self.move(case, "Q", a, step)
            self.move(case, "R", a, -step << case.shape.s)
            self.look_up(case, a)

        self.refute(change, ["remainder root"])

    def test_quotient_and_output_of_another_accumulator(self):
        """In the tables, so only the layers show it."""
        for block in (1, 2):
            with self.subTest(block=block):

                def change(case):
                    a = case.find(block)
                    self.move(case, "Q", a, -1 if case.witness.columns["Q"][a] > 0 else 1)
                    self.look_up(case, a)

                self.refute(change, ["layers"])

    @staticmethod
    def look_up(case, a):
        """Gives this address the output that its quotient has."""
        columns, shape = case.witness.columns, case.shape
        table, prelu = shape.kinds[case.witness.kind[a]]
        columns["Z"][a] = z = case.network.activation(table, columns["Q"][a])
        columns["P"][a] = max(z, 0) if prelu else 0

    def test_remainder(self):
        def change(case):
            a = case.find(1)
            self.move(case, "R", a, -1 if case.witness.columns["R"][a] > 0 else 1)

        self.refute(change, ["layers"])

    def test_padding_of_a_layer(self):
        def change(case):
            self.move(case, "R", case.find(1, inside=False))

        self.refute(change, ["layers"])

        def change_output(case):
            self.move(case, "Z", case.find(1, inside=False))

        self.refute(change_output, ["quotient root"])

        def change_all(case):
            a = case.find(1, inside=False)
            self.move(case, "Q", a)
            self.look_up(case, a)

        self.refute(change_all, ["layers"])

    def test_embedding_row_beyond_d(self):
        """Also where the slot is longer than the last block."""
        for last in (False, True):

            def change(case):
                shape = case.shape
                a = shape.offsets[shape.last] + (shape.m - 1 if last else case.model.d)
                case.witness.columns["Q"][a] = 1
                self.look_up(case, a)
                self.assertIn(a // shape.m, shape.maps["Z"])

            with self.subTest(last=last):
                self.refute(change, ["layers"])

    def test_quotient_in_the_start_slot(self):
        def change(case):
            case.witness.columns["Q"][case.shape.offsets[0]] = 1

        self.refute(change, ["quotient root", "layers"])

    def test_start_value_out_of_range(self):
        def change(case):
            case.witness.columns["R"][case.shape.offsets[0]] = 128

        self.refute(change, ["remainder root", "layers"])

    def test_start_padding_is_free_and_without_effect(self):
        """The text says so: values of the range may stand there, and no layer reads them."""

        def change(case):
            real = {case.witness.address(0, key) for key in prover.positions(case.network.shapes[0])}
            for a in range(case.shape.offsets[0], case.shape.offsets[0] + case.shape.sizes[0]):
                if a not in real:
                    case.witness.columns["R"][a] = 77

        self.refute(change, [])

    def test_prelu_column(self):
        def change(case):
            block = next(b for b, kind in case.shape.kind_of.items() if case.shape.kinds[kind][1])
            self.move(case, "P", case.find(block))

        self.refute(change, ["quotient root", "layers"])

    def test_kind_of_another_layer(self):
        """A quotient and output that only another layer's table has."""

        def change(case):
            case.witness.kind = [0] * len(case.witness.kind)

        self.refute(change, ["quotient root", "layers"])

    def test_multiplicity(self):
        for name, check in (("RT", "remainder root"), ("QT", "quotient root")):
            case = Case(self.SEED)
            honest = case.witness.matrix

            def matrix():
                rows = honest()
                rows[case.shape.first_count[name]][3] += 1
                return rows

            case.witness.matrix = matrix
            with self.subTest(table=name):
                self.assertEqual(case.broken(), [check])


class ProofTests(unittest.TestCase):
    """A whole proof, then with each part altered."""

    @classmethod
    def setUpClass(cls):
        cls.case = case = Case(10)
        cls.made = case.prove()
        cls.proof = cls.made.proof
        cls.shape = case.shape

    def judge(self, proof=None, model=None, start=None, row=None, challenge=CHALLENGE, attestation=b"", index=0):
        shape = self.shape
        if model or start is not None:
            shape = NetworkShape(model or self.case.model, shape.start if start is None else start)
        try:
            made = verify.NetworkProof(self.proof if proof is None else proof, shape)
            made.verify(challenge, attestation, index, row or self.made.row)
        except Refused as refusal:
            return f"refused: {refusal}"
        return "accepted"

    def test_accepted(self):
        self.assertEqual(self.judge(), "accepted")
        self.assertEqual(len(self.proof), 32 * self.shape.element_count)

    def test_statement(self):
        """What the transcript binds."""
        refused = "refused: opening equation"
        self.assertEqual(self.judge(challenge=SimpleNamespace(encoded=b"another")), refused)
        self.assertEqual(self.judge(attestation=bytes(104)), refused)
        self.assertEqual(self.judge(index=1), refused)
        start_row = next(iter(verify.NetworkProof(self.proof, self.shape).rows))
        self.assertEqual(self.judge(row=start_row), refused)
        self.assertTrue(self.judge(start=self.case.model.head).startswith("refused: "))

    def test_altered(self):
        shape = self.shape
        rows, tail = shape.committed_rows, 3 + 2 * shape.folds + 16 + 5 + 3 + 2 * shape.log_n + 2
        opening = shape.element_count - tail
        closing_start = opening + 3 + 2 * shape.folds + 16
        elements = {
            "start row": 0, "R row": shape.start_rows, "last row": rows - 1, "A_I1": rows, "S1": rows + 2,
            "first root": rows + 3, "middle scalar": (rows + opening) // 2, "last scalar": opening - 1,
            "D": opening, "s": opening + 1, "omega": opening + 2, "fold": opening + 3, "vector": closing_start - 1,
            "T_1": closing_start, "t_x": closing_start + 5, "e_blinding": closing_start + 7,
            "closing L": closing_start + 8, "a": shape.element_count - 2, "b": shape.element_count - 1,
        }  # fmt: skip
        for name, index in elements.items():
            with self.subTest(element=name):
                altered = bytearray(self.proof)
                altered[32 * index] ^= 2
                answer = self.judge(bytes(altered))
                self.assertTrue(answer.startswith("refused: "), answer)
                if "scalar" in name or name in ("first root", "s", "omega", "vector"):
                    self.assertEqual(answer, "refused: opening equation")

    def test_exchanged_rows(self):
        for first in (0, self.shape.start_rows, self.shape.committed_rows - 2):
            with self.subTest(row=first):
                elements = [self.proof[i : i + 32] for i in range(0, len(self.proof), 32)]
                elements[first], elements[first + 1] = elements[first + 1], elements[first]
                self.assertEqual(self.judge(b"".join(elements)), "refused: opening equation")

    def test_identity_and_length(self):
        self.assertEqual(self.judge(bytes(32) + self.proof[32:]), "refused: network row: identity")
        self.assertEqual(self.judge(self.proof[:-1]), "refused: network proof: truncated")
        self.assertEqual(self.judge(self.proof + b"\0"), "refused: network proof: trailing bytes")

    def test_another_models_weights(self):
        """A proof with weights that are not the published ones."""
        points = list(self.case.points)
        points[0] = prover.commit([1], 0)
        other = decode_model(witness.published(self.case.network, self.case.ranges, points))
        self.assertNotEqual(other.identity, self.case.model.identity)
        self.assertEqual(self.judge(model=other), "refused: opening equation")
        # Also if the identity were the same: the opening has the model's own rows.
        other.identity = self.case.model.identity
        self.assertEqual(self.judge(model=other), "refused: opening equation")


class ModelTests(unittest.TestCase):
    """Every byte of a published model is in its identity; what section 7 takes for granted is checked."""

    @classmethod
    def setUpClass(cls):
        cls.case = Case(10)

    def test_every_byte(self):
        data = self.case.encoded_model
        rows = len(data) - 32 * len(self.case.points)
        for offset in (*range(rows), *range(rows, len(data), 8)):
            altered = bytearray(data)
            altered[offset] ^= 1
            try:
                model = decode_model(bytes(altered))
            except Refused:
                continue
            self.assertNotEqual(model.identity, self.case.model.identity, offset)

    def test_lengths(self):
        data = self.case.encoded_model
        for altered in (data + b"\0", data[:-1], data[:-32], data[:40], b""):
            with self.assertRaises(Refused):
                decode_model(altered)

    def test_refused(self):
        def sources(layer, term, value):
            def change(network):
                network.layers[layer].terms[term].sources = value

            return change

        def attribute(target, name, value):
            return lambda network: setattr(target(network), name, value)

        term = lambda network: network.layers[1].terms[0]  # noqa: E731
        changes = {
            "no such source": sources(1, 0, [(2, 0)]),
            "column of the input": sources(0, 0, [(0, 1)]),
            "sources of different shapes": sources(3, 0, [(3, 0), (0, 0)]),
            "no such table": attribute(lambda n: n.layers[0], "table", 9),
            "pads": attribute(term, "pads", (9, 0)),
            "kernel": attribute(term, "kernel", (0, 1)),
            "strides": attribute(term, "strides", (0, 1)),
            "head start": attribute(lambda n: n, "head", 4),
            "shift": attribute(lambda n: n, "s", 17),
            "last layer": attribute(lambda n: n.layers[3], "shape", (8, 2, 1)),
            "last layer's table": attribute(lambda n: n.layers[3], "table", 1),
            "depthwise channels": attribute(lambda n: n.layers[3].terms[0], "depthwise", True),
            "table range": lambda n: n.tables.__setitem__(0, [0, 1, 5, None]),
            "equal tables": lambda n: n.tables.__setitem__(0, n.tables[1]),
        }
        for check, change in changes.items():
            with self.subTest(check=check):
                network = Case(10).network
                change(network)
                network.shapes = [network.shapes[0], *(layer.shape for layer in network.layers)]
                with self.assertRaisesRegex(Refused, f"model: {check}$"):
                    decode_model(witness.published(network, self.case.ranges, self.case.points))
        for ranges, check in (([[0, 40000]] * 4, "quotients"), ([[1, 5]] * 4, "quotients")):
            with self.assertRaisesRegex(Refused, check):
                decode_model(witness.published(self.case.network, ranges, self.case.points))
        with self.assertRaisesRegex(Refused, "parameter rows"):
            decode_model(witness.published(self.case.network, self.case.ranges, self.case.points[1:]))

    def test_head_that_reads_below_its_start(self):
        outcomes = set()
        for seed in range(8):
            case = Case(seed)
            network = case.network
            for start in range(1, len(network.layers)):
                network.head = start
                sources = [s for layer in network.layers[start:] for term in layer.terms for s in term.sources]
                fine = all(block >= start for block, _ in sources) and (start, 1) not in sources
                try:
                    decode_model(witness.published(network, case.ranges, case.points))
                    outcome = "accepted"
                except Refused as refusal:
                    outcome = str(refusal)
                self.assertEqual(outcome == "accepted", fine, (seed, start, outcome))
                outcomes.add(outcome)
        expected = {"accepted", "model: head reads below its start", "model: head reads max(z, 0) of its start"}
        self.assertEqual(outcomes, expected)


if __name__ == "__main__":
    unittest.main()
