"""The prover in docs/reference-verifier/tests, written from the protocol's text, makes envelopes, and the built `semblance` judges
them: honest ones hold, and of each dishonest one it names what does not."""

import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

from harness import BIN, ROOT

REFERENCE = ROOT / "docs" / "reference-verifier"
sys.path[:0] = [str(REFERENCE), str(REFERENCE / "tests")]
sys.dont_write_bytecode = True

import match_prover as proving  # noqa: E402
import prover  # noqa: E402
import witness  # noqa: E402
from model import decode_model  # noqa: E402
from network_shape import NetworkShape  # noqa: E402
from ristretto import ORDER  # noqa: E402

FACE = 1
REFUSED = "semblance: the proof does not hold: "


class Network:
    """A small random network, what it makes of looks at one person, and its published model."""

    def __init__(self, seed, looks):
        self.rng = rng = random.Random(seed)
        self.network = network = witness.random_network(rng, d=8)
        image = witness.random_image(rng, network.shapes[0])
        images = [{place: min(127, x + (i + j) % 2) for j, (place, x) in enumerate(image.items())} for i in range(looks)]
        self.runs = [network.run(image) for image in images]
        ranges = network.ranges(self.runs)
        rows, _ = network.parameters(network.row_width())
        self.published = witness.published(network, ranges, [prover.commit(row, 0) for row in rows])
        self.model = decode_model(self.published)

    @property
    def terms(self):
        return self.model.identity, 8, 20000, 80

    def embedding(self, look):
        blocks, _, _ = self.runs[look]
        return [blocks[-1][o, 0, 0] for o in range(8)]

    def witness(self, look, assurance):
        start = self.model.head if assurance == "head" else 0
        return prover.Witness(NetworkShape(self.model, start), self.network, self.runs[look], self.rng)


class Judged(unittest.TestCase):
    def setUp(self):
        self.site, self.rng = proving.Site(), random.Random(self.id())
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def blinder(self):
        return self.rng.randrange(1, ORDER)

    def attest(self, challenge, _, blocks, **changes):
        return self.site.attest(challenge, blocks, **changes)

    def judge(self, envelope, *networks, verifier_key=None, sensor_key=None):
        """What `semblance verify` prints, on either stream's first line."""
        file = self.folder / "made.proof"
        file.write_bytes(envelope)
        keys = [(verifier_key or self.site.verifier.public).hex(), (sensor_key or self.site.sensor.public).hex()]
        command = [BIN / "semblance", "verify", file, "--verifier-key", keys[0], "--sensor-key", keys[1]]
        for index, network in enumerate(networks):
            model = self.folder / f"{index}.semblance-public"
            model.write_bytes(network.published)
            command += ["--model", model]
        ended = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
        self.assertEqual(ended.returncode, 0 if ended.stdout else 1, ended)
        return (ended.stdout or ended.stderr).splitlines()[0]

    def assertHolds(self, envelope, *networks):
        self.assertEqual(self.judge(envelope, *networks).partition(" ")[0], "biometric")

    def assertRefused(self, envelope, words, *networks, **keys):
        self.assertEqual(self.judge(envelope, *networks, **keys), REFUSED + words)


class MatchTests(Judged):
    """Sections 4 to 6 and 8."""

    D = 16
    TERMS = (b"m" * 32, D, 32000, 160)

    def setUp(self):
        super().setUp()
        self.person = [self.rng.randint(-60, 60) for _ in range(self.D)]
        self.template = proving.Row(self.person, self.blinder())

    def sample(self, values=None):
        values = values or [x + self.rng.randint(-6, 6) for x in self.person]
        return proving.Row(values, self.blinder())

    def prove(self, role, samples, attest=None, new_template=None, previous=None):
        template = None if role == "enrol" else self.template
        challenge = self.site.challenge(
            role, "match", self.TERMS, len(samples), template.encoded if template else bytes(32),
            previous=(b"p" * 32, self.D, 31000, 170) if previous else None,
        )  # fmt: skip
        parts = [proving.Part(samples)] + ([proving.Part(previous)] if previous else [])
        return proving.prove(challenge, parts, self.rng, attest or self.attest, template, new_template)

    def test_roles(self):
        new = proving.Row(self.person, self.blinder())
        for role, envelope in {
            "authenticate": self.prove("authenticate", [self.sample()]),
            "enrol": self.prove("enrol", [self.sample(), self.sample()]),
            "refresh": self.prove("refresh", [self.sample()]),
            "reblind": self.prove("reblind", [self.sample()], new_template=new),
            "upgrade": self.prove("upgrade", [self.sample()], previous=[self.sample()]),
        }.items():
            with self.subTest(role=role):
                self.assertHolds(envelope)

    def test_values_that_do_not_meet_the_statement(self):
        """The protocol followed on them: only an equation can show it."""
        stranger = [x if j % 2 else -x for j, x in enumerate(self.person)]
        weak = [1] + [0] * (self.D - 1)
        outside = [128] + self.person[1:]
        for name, values in (("stranger", stranger), ("too short", weak), ("out of range", outside)):
            with self.subTest(name):
                self.assertRefused(self.prove("authenticate", [self.sample(values)]), "an equation does not hold")
        with self.subTest("two people"):
            samples = [self.sample(), self.sample(stranger)]
            self.assertRefused(self.prove("enrol", samples), "an equation does not hold")

    def test_another_template(self):
        """A new commitment that is no re-blinding; a refresh that leaves the old one in force."""
        other = proving.Row([x + (j == 3) for j, x in enumerate(self.person)], self.blinder())
        envelope = self.prove("reblind", [self.sample()], new_template=other)
        self.assertRefused(envelope, "an equation does not hold")
        envelope = self.prove("refresh", [self.template])
        self.assertRefused(envelope, "the new template is the identity or the old one")

    def test_signatures(self):
        sample = self.sample()
        impostor = proving.SigningKey(b"i" * 32)
        envelope = self.prove("authenticate", [sample])
        words = "the challenge is not signed by the expected verifier"
        self.assertRefused(envelope, words, verifier_key=impostor.public)
        self.assertRefused(envelope, "the samples are signed by another sensor", sensor_key=impostor.public)

        def elsewhere(challenge, index, blocks):
            return self.attest(challenge, index, [((1, 1, self.D), [self.template.encoded])])

        envelope = self.prove("authenticate", [sample], elsewhere)
        self.assertRefused(envelope, "the sensor's signature on sample 1 does not hold")

        def late(challenge, index, blocks):
            return self.attest(challenge, index, blocks, time=1_700_000_361)

        envelope = self.prove("authenticate", [sample], late)
        self.assertRefused(envelope, "sample 1 was signed outside the challenge's time")

        def first_only(challenge, index, blocks):
            return self.attest(challenge, index, blocks) if index == 0 else b""

        envelope = self.prove("enrol", [sample, self.sample()], first_only)
        self.assertRefused(envelope, "not all samples are signed by one sensor")
        envelope = self.prove("enrol", [sample, sample])
        self.assertRefused(envelope, "two samples have the same commitment")


class NetworkTests(Judged):
    """Section 7, with the match on top."""

    def prove(self, network, role, assurance, looks, change=None, blinder=None):
        template = proving.Row(network.embedding(0), self.blinder())
        samples, networks = [], []
        for look in looks:
            run = network.witness(look, assurance)
            if change:
                change(run)
            made, row = proving.network_prover(run, blinder)
            samples.append(row)
            networks.append(made)
        old = None if role == "enrol" else template
        challenge = self.site.challenge(
            role, assurance, network.terms, len(looks), old.encoded if old else bytes(32), modality=FACE
        )
        return proving.prove(challenge, [proving.Part(samples, networks)], self.rng, self.attest, old)

    def test_full(self):
        network = Network(10, looks=3)
        self.assertHolds(self.prove(network, "authenticate", "full", (1,)), network)
        self.assertHolds(self.prove(network, "enrol", "full", (1, 2)), network)
        other = Network(7, looks=1)
        answer = self.judge_missing(self.prove(network, "authenticate", "full", (1,)), other)
        self.assertIn("is about a network that is not among the models given", answer)

    def judge_missing(self, envelope, network):
        file, model = self.folder / "made.proof", self.folder / "other.semblance-public"
        file.write_bytes(envelope)
        model.write_bytes(network.published)
        command = [BIN / "semblance", "verify", file, "--verifier-key", self.site.verifier.public.hex(), "--model", model]
        ended = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
        self.assertEqual(ended.returncode, 8, ended)
        return ended.stderr

    def test_head(self):
        network = Network(10, looks=2)
        self.assertGreater(network.model.head, 0)
        self.assertHolds(self.prove(network, "authenticate", "head", (1,)), network)

    def test_what_the_network_did_not_compute(self):
        """Another embedding; a remainder that is not that of the sum; a wrong count."""
        network = Network(10, looks=2)

        def last(run, name, by):
            shape = run.shape
            run.columns[name][shape.offsets[shape.last]] += by

        def embedding(run):
            value = run.columns["Z"][run.shape.offsets[run.shape.last]]
            last(run, "Z", -1 if value > 0 else 1)

        def remainder(run):
            value = run.columns["R"][run.shape.offsets[run.shape.last]]
            last(run, "R", -1 if value > 0 else 1)

        def count(run):
            honest = run.matrix

            def matrix():
                rows = honest()
                rows[run.shape.first_count["QT"]][3] += 1
                return rows

            run.matrix = matrix

        for change in (embedding, remainder, count):
            with self.subTest(change.__name__):
                envelope = self.prove(network, "authenticate", "full", (1,), change)
                self.assertRefused(envelope, "an equation does not hold", network)

    def test_weights_of_its_own(self):
        """The published model's rows are what the proof opens, whatever the prover multiplied with."""
        network = Network(10, looks=2)
        weights = network.network.layers[-1].terms[0].weights
        place = next(place for place, weight in weights.items() if weight > 0)
        weights[place] -= 1
        network.runs = [network.network.run(network.runs[look][0][0]) for look in range(2)]
        envelope = self.prove(network, "authenticate", "full", (1,))
        self.assertRefused(envelope, "an equation does not hold", network)


if __name__ == "__main__":
    unittest.main()
