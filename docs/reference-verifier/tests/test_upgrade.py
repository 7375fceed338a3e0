"""Section 8 of docs/protocol.md without a prover: encodings, what each transcript absorbs, what the parts must satisfy.

Bodies are random elements of the right form; signatures are recorded and group equations left out, so that only the
statement's checks remain. That the equations hold on real upgrades is the end-to-end tests' subject.
"""

import hashlib
import pathlib
import random
import struct
import sys
import unittest
from types import SimpleNamespace
from unittest import mock

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1])]
sys.dont_write_bytecode = True

import closing  # noqa: E402
import ed25519  # noqa: E402
import rows  # noqa: E402
import verify  # noqa: E402
import wire  # noqa: E402
import witness  # noqa: E402
from merlin import Transcript  # noqa: E402
from model import decode_model  # noqa: E402
from network_shape import NetworkShape, parameter_row_count  # noqa: E402
from refusal import Refused  # noqa: E402
from ristretto import ORDER, add, basepoint, decode, encode, msm, negate  # noqa: E402
from shape import Shape  # noqa: E402

KEY, TEMPLATE = b"k" * 32, encode(msm([(7, basepoint())]))
NEW, PREVIOUS = (b"n" * 32, 128, 16000, 5000), (b"p" * 32, 200, 17000, 6000)
ROLE = {"enrol": 1, "refresh": 4, "upgrade": 5}


def challenge(role="upgrade", k=2, assurance=1, new=NEW, previous=PREVIOUS, template=TEMPLATE, epoch=3):
    def string(text):
        return struct.pack("<H", len(text)) + text

    def terms(model):
        return model[0] + struct.pack("<HHI", *model[1:])

    data = b"SMBC" + bytes([1, ROLE[role], 2, assurance]) + string(b"audience") + KEY
    data += string(b"purpose") + string(b"alice") + string(b"right") + bytes(64) + template
    data += struct.pack("<Q", epoch) + terms(new) + bytes([k]) + struct.pack("<QQ", 1000, 2000)
    return data + (terms(previous) if previous else b"") + b"s" * 64


def random_model(seed, row=TEMPLATE):
    """A published model; its parameter rows are any point, since no equation is checked."""
    rng = random.Random(seed)
    network = witness.random_network(rng, depth=2)
    ranges = network.ranges([network.run(witness.random_image(rng, network.shapes[0]))])

    def published(count):
        return witness.wrap(network.body(ranges, "fingerprint"), row * count)

    with mock.patch("model.parameter_row_count", lambda model: 0):
        count = parameter_row_count(decode_model(published(0)))
    return decode_model(published(count))


class Recorder(Transcript):
    made = []

    def __init__(self, label):
        super().__init__(label)
        self.label, self.messages = label, []
        Recorder.made.append(self)

    def append(self, label, data):
        if label != "dom-sep" and hasattr(self, "messages"):
            self.messages.append((label, data))
        super().append(label, data)

    def statement(self):
        """All that is absorbed before the wires."""
        return self.messages[: [label for label, _ in self.messages].index("m")]


class Upgrade:
    """An upgrade whose body is random; `parts` are its elements, new part first, networks in front."""

    def __init__(self, k=2, assurance=1, models=(), signed=True, role="upgrade"):
        self.rng, self.k, self.models = random.Random(k), k, list(models)
        terms = [NEW, PREVIOUS]
        if models:
            terms = [(model.identity, model.d, 16000, 5000) for model in models]
        self.challenge = challenge(role, k, assurance, *terms)
        self.signed, self.points = signed, []
        self.shapes, self.parts, self.networks = [], [], []
        for index, (role, (_, d, _, _)) in enumerate(zip(("enrol", "refresh"), terms)):
            self.shapes.append(Shape(role, d, k))
            self.parts.append(self.match(self.shapes[-1]))
            self.networks.append([])
            if assurance > 1:
                shape = NetworkShape(models[index], 0)
                self.networks[-1] = [[self.point() for _ in range(shape.element_count)] for _ in range(k)]

    def point(self):
        """Multiples of the base point; half of them are canonical scalars."""
        last = self.points[-1] if self.points else msm([(self.rng.randrange(ORDER), basepoint())])
        self.points.append(add(last, basepoint()))
        return encode(self.points[-1])

    def match(self, shape):
        points = shape.k + shape.count_rows + 3
        masked = shape.lookup_sends() + 2 * shape.log_m + len(shape.vectors) + 2 * shape.log_rows
        kinds = "p" * points + "s" * masked + "pss" + "pp" * shape.folds + "ssss"
        kinds += "s" * (shape.element_count - len(kinds))
        return [self.point() if kind == "p" else self.scalar() for kind in kinds]

    def scalar(self):
        return self.rng.randrange(ORDER).to_bytes(32, "little")

    def attestation(self, index):
        return struct.pack("<Q", 1500 + index) + b"S" * 32 + b"x" * 64

    def proof(self):
        out = b"SMBP\1\1" + struct.pack("<H", len(self.challenge)) + self.challenge
        out += b"".join(b"\1" + self.attestation(i) if self.signed else b"\0" for i in range(self.k))
        for networks, part in zip(self.networks, self.parts):
            out += b"".join(b"".join(network) for network in networks) + b"".join(part)
        return out

    def judge(self, proof=None, models=None, sensor_key=None):
        """The verdict or the refusal; what was signed, absorbed and demanded is in the lists below."""
        self.signatures, self.network_runs, self.terms, Recorder.made = [], [], [], []

        def signature(key, message, signature):
            self.signatures.append((key, message))
            return True

        def network(proof, challenge, attestation, index, row):
            self.network_runs.append((proof.shape.model.identity, attestation, index, row[0]))

        def wire_constraints(_, num, e_min):
            self.terms.append((num, e_min))

        patches = [
            mock.patch.object(ed25519, "verify", signature),
            mock.patch.object(verify.MatchInteraction, "wire_constraints", wire_constraints),
            mock.patch.object(verify, "Transcript", Recorder),
            mock.patch.object(verify.NetworkProof, "verify", network),
            mock.patch.object(rows, "is_identity", lambda point: True),
            mock.patch.object(rows, "msm", lambda terms: None),
            mock.patch.object(closing, "verify", lambda *arguments: None),
        ]
        for patch in patches:
            patch.start()
        try:
            models = self.models if models is None else models
            return verify.verify(proof or self.proof(), KEY, sensor_key, models)
        except Refused as refusal:
            return f"refused: {refusal}"
        finally:
            mock.patch.stopall()
            self.transcripts = Recorder.made

    def embedding_rows(self):
        return [part[: self.k] for part in self.parts]


class ChallengeTests(unittest.TestCase):
    def decoded(self, *arguments, **options):
        with mock.patch.object(ed25519, "verify", lambda *_: True):
            return wire.signed_challenge(challenge(*arguments, **options))

    def test_fields(self):
        c = self.decoded(k=5)
        self.assertEqual((c.role, c.terms, c.previous, c.k, c.epoch), ("upgrade", NEW, PREVIOUS, 5, 3))
        self.assertEqual((c.issued, c.expires, c.template_bytes), (1000, 2000, TEMPLATE))

    def test_refused(self):
        for check, options in {
            "challenge: previous model": dict(previous=(NEW[0], *PREVIOUS[1:])),
            "challenge: dimension": dict(previous=(b"p" * 32, 7, 17000, 6000)),
            "challenge: threshold": dict(previous=(b"p" * 32, 200, 0, 6000)),
            "challenge: least norm": dict(previous=(b"p" * 32, 200, 17000, 1999)),
            "challenge: samples": dict(k=6),
            "challenge: template": dict(template=bytes(32)),
            "challenge: trailing bytes": dict(role="refresh"),
        }.items():
            with self.subTest(check=check), self.assertRaisesRegex(Refused, check):
                self.decoded(**options)
        # The signature is taken for the previous model.
        with self.assertRaisesRegex(Refused, "challenge: "):
            self.decoded(previous=None)


class PartTests(unittest.TestCase):
    def test_messages(self):
        """What the sensor signed and what the transcripts absorb, byte by byte."""
        upgrade = Upgrade()
        self.assertEqual(upgrade.judge(sensor_key=b"S" * 32), "biometric")
        signed, (new, previous) = upgrade.challenge, upgrade.embedding_rows()
        digest = hashlib.sha256(b"semblance challenge digest v1" + signed).digest()
        expected = [(KEY, b"semblance challenge v1" + signed[:-64])]
        for i in range(2):
            message = b"semblance sensor v1\1\2" + digest + struct.pack("<Q", 1500 + i)
            message += struct.pack("<4I", 1, 128, 1, 1) + new[i] + struct.pack("<4I", 1, 200, 1, 1) + previous[i]
            expected.append((b"S" * 32, message))
        self.assertEqual(upgrade.signatures, expected)
        both = hashlib.sha256(b"".join(new + previous)).digest()
        for number, (transcript, shape, part) in enumerate(zip(upgrade.transcripts, upgrade.shapes, upgrade.parts), 1):
            counts = part[2 : 2 + shape.count_rows]
            matrix = part[:2] + ([TEMPLATE] if number == 2 else []) + counts
            statement = [("suite", b"ristretto255-merlin-match-v1"), ("challenge", signed)]
            statement += [("attestation", upgrade.attestation(i)) for i in range(2)]
            statement += [("new template", b""), ("part", bytes([number]) + both)]
            self.assertEqual(transcript.statement(), statement + [("row", row) for row in matrix])
        self.assertEqual(len(upgrade.transcripts), 2)
        self.assertEqual(upgrade.terms, [NEW[2:], PREVIOUS[2:]])

    def test_possession(self):
        upgrade = Upgrade(k=1, signed=False)
        self.assertEqual(upgrade.judge(), "possession")
        self.assertEqual(upgrade.judge(sensor_key=b"S" * 32), "refused: attestation: missing")

    def test_equal_rows(self):
        for part in (0, 1):
            upgrade = Upgrade()
            upgrade.parts[part][1] = upgrade.parts[part][0]
            self.assertEqual(upgrade.judge(), "refused: embedding rows: equal")
        # The parts' models differ, so the text compares no row of one with one of the other.
        upgrade = Upgrade()
        upgrade.parts[1][0] = upgrade.parts[0][0]
        self.assertEqual(upgrade.judge(), "biometric")

    def test_new_template(self):
        """It is the sum of the new part's rows."""
        upgrade = Upgrade()
        first = decode(upgrade.parts[0][0])
        for total, check in (
            (None, "new template: identity"),
            (decode(TEMPLATE), "new template: equal to the old one"),
        ):
            for part, answer in ((0, f"refused: {check}"), (1, "biometric")):
                altered = Upgrade()
                other = negate(first) if total is None else add(total, negate(first))
                altered.parts[part][:2] = upgrade.parts[0][0], encode(other)
                altered.parts[1 - part][0] = altered.point()
                self.assertEqual(altered.judge(), answer)

    def test_length(self):
        proof = Upgrade().proof()
        self.assertEqual(Upgrade().judge(proof + bytes(32)), "refused: body: trailing bytes")
        size = 32 * Upgrade().shapes[1].element_count
        for altered in (proof[:-1], proof[:-size]):
            self.assertEqual(Upgrade().judge(altered), "refused: body: truncated")


class ModelTests(unittest.TestCase):
    """Assurance `full`: each part has network proofs under its own model."""

    @classmethod
    def setUpClass(cls):
        cls.models = models = [random_model(1), random_model(2)]
        assert len({model.identity for model in models}) == 2
        cls.upgrade = Upgrade(assurance=3, models=models)

    def test_networks(self):
        upgrade, (new, previous) = self.upgrade, self.models
        for models in ([new, previous], [previous, new], [previous, random_model(3), new]):
            self.assertEqual(upgrade.judge(models=models), "biometric")
        expected = []
        for model, part in zip((new, previous), upgrade.parts):
            expected += [(model.identity, upgrade.attestation(i), i, part[i]) for i in range(2)]
        self.assertEqual(upgrade.network_runs, expected)
        for transcript, networks in zip(upgrade.transcripts, upgrade.networks):
            digests = [("network", hashlib.sha256(b"".join(network)).digest()) for network in networks]
            labels = [label for label, _ in transcript.statement()]
            at = labels.index("part") + 1
            self.assertEqual(transcript.statement()[at : at + 3], digests + transcript.statement()[at + 2 : at + 3])
            self.assertEqual(labels[at + 2], "row")

    def test_attestation(self):
        """Both blocks of a sample, with the start rows of both."""
        self.assertEqual(self.upgrade.judge(), "biometric")
        _, message = self.upgrade.signatures[2]
        expected = b""
        for model, networks in zip(self.models, self.upgrade.networks):
            channels, height, width = model.shapes[0]
            count = NetworkShape(model, 0).start_rows
            expected += struct.pack("<4I", height, width, channels, count) + b"".join(networks[1][:count])
        self.assertTrue(message.endswith(struct.pack("<Q", 1501) + expected))

    def test_models_missing(self):
        new, previous = self.models
        self.assertEqual(self.upgrade.judge(models=[]), "refused: model: missing")
        for models in (new, previous, [new], [previous], [new, new]):
            self.assertEqual(self.upgrade.judge(models=models), "refused: model: identity")
        for model in self.models:
            altered = SimpleNamespace(**{**vars(model), "modality": 1, "d": model.d})
            models = [altered if other is model else other for other in self.models]
            self.assertEqual(self.upgrade.judge(models=models), "refused: model: modality")

    def test_equal_start_rows(self):
        for part in (0, 1):
            upgrade = Upgrade(assurance=3, models=self.models)
            upgrade.networks[part][1][0] = upgrade.networks[part][0][0]
            self.assertEqual(upgrade.judge(), "refused: start rows: equal")

    def test_one_image(self):
        """Networks with one preprocessing, input shape and row width start from the same rows."""
        models = [random_model(1), random_model(1, encode(basepoint()))]
        count = NetworkShape(models[0], 0).start_rows
        upgrade = Upgrade(assurance=3, models=models)
        for new, previous in zip(*upgrade.networks):
            previous[:count] = new[:count]
        self.assertEqual(upgrade.judge(), "biometric")
        other = Upgrade(assurance=3, models=models)
        other.networks = [upgrade.networks[0], [upgrade.networks[1][0], list(upgrade.networks[1][1])]]
        other.networks[1][1][count - 1] = other.point()
        self.assertEqual(other.judge(), "refused: start rows: different images")
        models[1].preprocessing = (0, 0, 255, 1)
        self.assertEqual(other.judge(), "biometric")


if __name__ == "__main__":
    unittest.main()
