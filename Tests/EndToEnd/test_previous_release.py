"""What the previous release left on disks still works: Fixtures/previous-release, made by scripts/make-previous-release.py."""

import json
import os
import pathlib
import shutil
import unittest

from harness import FIXTURES, Site

PREVIOUS = FIXTURES / "previous-release"
RELEASE = json.loads((PREVIOUS / "release.json").read_text())
SUBJECT = RELEASE["subject"]
VERIFIERS = sorted(RELEASE["verifierKeys"])
OWNERS = {"prover": "semblance", "sensor": "semblance-sensor"} | {name: "semblance-verifier" for name in VERIFIERS}


def files(folder):
    return PREVIOUS / ("verifiers" if folder in VERIFIERS else "") / folder


class PreviousSite(Site):
    """The old files, copied to where a site has its own."""

    def __init__(self):
        super().__init__(accounts=())
        for folder, owner in OWNERS.items():
            state = self.base / f"{folder}-state"
            if not state.exists():
                self.directory(state.name, owner)
            for file in files(folder).iterdir():
                target = state / file.name
                shutil.copyfile(file, target)
                target.chmod(0o600)
                shutil.chown(target, owner, owner)
        for model in (PREVIOUS / "models").iterdir():
            shutil.copyfile(model, self.base / model.name)
            (self.base / model.name).chmod(0o644)
        # The configuration names it as the site's own published model.
        shutil.copyfile(PREVIOUS / "models" / "fingerprint-v2.semblance-public", self.published)
        self.other_models = [self.base / f"{name}.semblance-model" for name in RELEASE["models"]]

    def start_all(self):
        self.start_sensor()
        # The verifiers' sockets are at another place than then: what an administrator writes who has moved one.
        pins = {
            f"{name}.semblance.test": {"key": key, "origins": [f"unix:{self.verifier_socket(name)}"]}
            for name, key in RELEASE["verifierKeys"].items()
        }
        config = self.base / "prover.json"
        config.write_text(json.dumps({"verifiers": pins}))
        config.chmod(0o644)
        self.start_prover("--config", config)
        for name in VERIFIERS:
            config = self.base / f"{name}.json"
            config.write_text((PREVIOUS / "verifiers" / config.name).read_text().replace("@SITE@", str(self.base)))
            config.chmod(0o644)
            self.start_verifier(name, config=config)


class OfflineTests(unittest.TestCase):
    """Without daemons: models and proofs."""

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("end-to-end tests run the daemons as their own users, which takes root")
        cls.site = Site(accounts=())
        cls.addClassCleanup(cls.site.close)

    def done(self, *arguments):
        result = self.site.cli(*arguments)
        self.assertEqual(result.code, 0, result)
        return result

    def test_models(self):
        """Identity, published form and every integer that a network makes of an image are what they were."""
        models = {name: PREVIOUS / "models" / f"{name}.semblance-model" for name in RELEASE["models"]}
        models["fingerprint-v2"] = FIXTURES / "models" / "fingerprint-v2.semblance-model"
        for name, model in models.items():
            with self.subTest(model=name):
                published = self.site.base / f"{name}.semblance-public"
                identity = self.done("model", "publish", "--json", model, "--output", published).json["identity"]
                then = PREVIOUS / "models" / published.name
                self.assertEqual(published.read_bytes(), then.read_bytes())
                inspected = self.done("model", "inspect", "--json", then).json
                self.assertEqual(inspected["identity"], identity)
                if name not in RELEASE["models"]:
                    continue
                self.assertEqual(identity, RELEASE["models"][name]["identity"])
                embeddings = RELEASE["models"][name]["embeddings"]
                crops = [FIXTURES / "calibration" / image for image in embeddings]
                run = self.done("model", "run", model, *crops, "--aligned", "--json").json
                now = {pathlib.Path(one["path"]).name: one["values"] for one in run["embeddings"]}
                self.assertEqual(now, embeddings)

    def test_proofs(self):
        """Each proof that was saved is accepted, and says what it said; with one bit altered, none is."""
        self.assertEqual(len(RELEASE["proofs"]), 15)
        models = [part for model in (PREVIOUS / "models").glob("*.semblance-public") for part in ("--model", model)]
        altered = self.site.base / "altered.proof"
        for name, then in RELEASE["proofs"].items():
            with self.subTest(proof=name):
                proof = PREVIOUS / "proofs" / name
                key = RELEASE["verifierKeys"][name.partition("-")[0]]
                keys = ("--verifier-key", key, "--sensor-key", then["sensorKey"])
                now = self.done("verify", proof, *keys, *models, "--json").json
                self.assertEqual({**now, **then, "sensorKeyChecked": True}, now)
                data = bytearray(proof.read_bytes())
                data[-64] ^= 1
                altered.write_bytes(data)
                refused = self.site.cli("verify", altered, *keys, *models)
                self.assertEqual(refused.code, 1, refused)


@unittest.skipUnless(os.geteuid() == 0, "end-to-end tests run the daemons as their own users, which takes root")
class StateTests(unittest.TestCase):
    """Vault, sensor secret, databases and configurations, under the programs of today."""

    @classmethod
    def setUpClass(cls):
        cls.site = PreviousSite()
        cls.addClassCleanup(cls.site.close)
        cls.site.start_all()

    def run_with(self, name, command, images, *arguments, label="right-index", person="alice", code=0):
        self.site.show(*self.site.finger(person, *images))
        result = self.site.cli(
            command, "--user", SUBJECT, "--modality", "fingerprint", "--label", label, *arguments, verifier=name
        )
        self.assertEqual(result.code, code, f"{result}\n{self.site.logs()}")
        return result

    def test_1_list(self):
        """First, since what follows changes it."""
        listed = self.site.cli("list", "--user", SUBJECT, "--json", verifier="match")
        self.assertEqual(listed.code, 0, f"{listed}\n{self.site.logs()}")
        then = {(entry["audience"], entry["label"]): entry for entry in RELEASE["list"]}
        now = {(entry["audience"], entry["label"]): entry for entry in listed.json}
        self.assertEqual(then.keys(), now.keys())
        self.assertEqual(len(then), 2 * len(VERIFIERS))
        for key, entry in then.items():
            found = now[key]
            # It names the place of then, which only the verifiers' pins translate.
            self.assertTrue(found.pop("origin").endswith(entry.pop("origin").partition("@SITE@")[2]))
            self.assertEqual({**found, **entry}, found)

    def test_2_logins_and_rotations(self):
        """Each verifier knows its key and its people; templates serve and move on, also to the newer model."""
        for name in VERIFIERS:
            with self.subTest(verifier=name):
                status = self.site.cli("status", "--json", verifier=name).json["verifier"]
                self.assertEqual(status["verifierKey"], RELEASE["verifierKeys"][name])
                proof = self.site.base / f"{name}.proof"
                self.run_with(name, "authenticate", (6,), "--save-proof", proof)
                models = [part for model in self.site.base.glob("*.semblance-public") for part in ("--model", model)]
                sensor = RELEASE["proofs"][f"{name}-login.proof"]["sensorKey"]
                checked = self.site.cli(
                    "verify", proof, "--verifier-key", status["verifierKey"], "--sensor-key", sensor, *models, "--json"
                )
                self.assertEqual(checked.json["assurance"], name, checked)
                self.run_with(name, "authenticate", (6,), label="left-index")
                self.run_with(name, "authenticate", (4,), person="mallory", code=1)
                for arguments, images in (
                    (("--reblind",), (6,)), (("--refresh", "--samples", "2"), (1, 3)), (("--upgrade", "--samples", "2"), (1, 4)),
                ):  # fmt: skip
                    self.run_with(name, "rotate", images, *arguments)
                    self.run_with(name, "authenticate", (6,))

    def test_3_audit(self):
        """The chains of the trails go on from where they ended."""
        for name in VERIFIERS:
            with self.subTest(verifier=name):
                checked = self.site.as_verifier("check", "--config", self.site.base / f"{name}.json")
                self.assertEqual(checked.code, 0, checked)
                trail = self.site.as_verifier("audit", "--config", self.site.base / f"{name}.json")
                self.assertEqual(trail.code, 0, trail)
                self.assertEqual(trail.out.count("enrolled"), 2, trail)


if __name__ == "__main__":
    unittest.main()
