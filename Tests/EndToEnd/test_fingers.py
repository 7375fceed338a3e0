"""Fingers through the built programs: what the sensor says of a frame, and what it needs to start."""

import json
import os
import random
import unittest

from harness import FIXTURES, LOCALISER, Site

MODEL = FIXTURES / "models" / "fingerprint-v2.semblance-model"


def pgm(path, width, height, grey):
    path.write_bytes(b"P5\n%d %d\n255\n" % (width, height) + bytes(grey() for _ in range(width * height)))
    return path


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class FingerTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.site.start_sensor()
        cls.site.start_prover()
        cls.site.start_verifier()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def test_what_is_no_finger_is_said_in_words(self):
        site = self.site
        self.assertEqual(site.enroll().code, 0, site.logs())
        noise = random.Random(7)
        for words, grey in (("no finger seen", lambda: 240), ("noise, no ridges", lambda: noise.randrange(256))):
            site.show(pgm(site.base / "frame.pgm", 300, 360, grey))
            result = site.cli("authenticate", "--user", "sbl-alice")
            self.assertEqual(result.code, 6, result)
            self.assertIn(words, result.err)
        # A frame that is passed over costs nothing: the next one of the tray is taken.
        site.show(site.base / "frame.pgm", *site.finger("alice", 6))
        self.assertEqual(site.cli("authenticate", "--user", "sbl-alice").code, 0, site.logs())

    def test_align_writes_the_crops_of_usable_frames(self):
        site = self.site
        crops = site.base / "crops"
        crops.mkdir()
        flat = pgm(site.base / "flat.pgm", 300, 360, lambda: 240)
        finger = site.finger("bob", 1)[0]
        command = ("model", "align", "--align", "finger128", "--localiser", LOCALISER, "--output", crops, "--json")
        first, second = site.cli(*command, flat, finger).json
        self.assertIn("no finger seen", first["advice"])
        self.assertNotIn("advice", second)
        self.assertGreater(second["finger"]["area"], 50)
        self.assertEqual([path.name for path in crops.iterdir()], ["00001.pgm"])
        # The crop is the network's input: either way the same embedding.
        options = ("--json", "--localiser", LOCALISER)
        raw = site.cli("model", "run", MODEL, finger, *options).json
        crop = site.cli("model", "run", MODEL, crops / "00001.pgm", "--aligned", *options).json
        self.assertEqual(raw["embeddings"][0]["values"], crop["embeddings"][0]["values"])

    def test_a_batch_goes_on_behind_a_file_that_is_no_use(self):
        site = self.site
        crops = site.base / "deep" / "crops"
        webp = site.base / "picture.jpg"
        webp.write_bytes(b"RIFF\x10\0\0\0WEBPVP8 ")
        flat = pgm(site.base / "flat.pgm", 300, 360, lambda: 240)
        first, last = site.finger("bob", 1)[0], site.finger("bob", 3)[0]
        options = ("--localiser", LOCALISER, "--json")
        batch = (first, webp, "/nonexistent.png", flat, last)
        words = "a WebP picture, which is not read: convert it to PNG"
        aligned = site.cli("model", "align", "--align", "finger128", "--output", crops, *options, *batch)
        self.assertEqual(aligned.code, 1, aligned)
        self.assertEqual([line.get("error") for line in aligned.json], [None, words, "no such file or directory", None, None])
        self.assertIn(f"{webp}: {words}", aligned.err)
        self.assertEqual(sorted(path.name for path in crops.iterdir()), ["00000.pgm", "00004.pgm"])
        run = site.cli("model", "run", MODEL, *options, *batch)
        self.assertEqual(run.code, 1, run)
        self.assertEqual([entry["path"] for entry in run.json["embeddings"]], [str(first), str(last)])
        self.assertEqual([entry["path"] for entry in run.json["failures"]], [str(webp), "/nonexistent.png", str(flat)])
        self.assertEqual(len(run.json["comparisons"]), 1)
        alone = site.cli("model", "run", MODEL, "--embeddings-only", *options, first, last)
        self.assertEqual((alone.code, alone.json["comparisons"], len(alone.json["embeddings"])), (0, [], 2))
        none = site.cli("model", "align", "--align", "finger128", *options, webp)
        self.assertEqual(none.code, 8, none)

    def test_doctor_says_on_what_the_thresholds_were_measured(self):
        site = self.site

        def finding(model):
            findings = site.cli("doctor", "--json", "--model", model, "--localiser", LOCALISER).json
            return next(entry for entry in findings if entry["check"] == "calibration")

        shipped = finding(MODEL)
        self.assertTrue(shipped["ok"])
        self.assertIn("SOCOFing, first half", shipped["detail"])
        self.assertIn("not on a sensor of the kind image-file", shipped["detail"])
        ready = site.base / "here.semblance-model"
        how = ("--people", FIXTURES / "fingerprints", "--false-match-rate", "0.1", "-o", ready, "--localiser", LOCALISER)
        site.cli("model", "calibrate", MODEL, "--strictest", "--sensor", "image-file", *how, "--json")
        self.assertNotIn("hint", finding(ready))
        note = json.loads((site.base / "here.calibration.json").read_text())
        self.assertEqual([entry["name"] for entry in note["sets"]][-1], "fingerprints")
        self.assertEqual(note["sets"][-1]["people"], 4)
        # What the shipped model has for 1 in 1,000 stays.
        rates = {entry["fmr"]: entry["numerator"] for entry in site.cli("model", "inspect", ready, "--json").json["thresholds"]}
        self.assertEqual(rates[0.001], 37825)
        self.assertLessEqual(rates[0.1], rates[0.01])

    def test_a_centred_model_is_calibrated_anew(self):
        site = self.site
        centred, ready = site.base / "centred.semblance-model", site.base / "ready.semblance-model"
        people = FIXTURES / "fingerprints"
        options = ("--localiser", LOCALISER, "--json")
        report = site.cli("model", "centre", MODEL, "--images", people, "-o", centred, *options).json
        self.assertEqual((report["images"], report["refusedImages"]), (24, 0))
        self.assertLess(report["meanAfter"], report["meanBefore"] / 2)
        self.assertEqual(site.cli("model", "inspect", centred, "--json").json["thresholds"], [])
        # Of 4 people there are 36 impostor comparisons: enough for 1 in 10.
        how = ("--people", people, "--template-samples", "3", "--false-match-rate", "0.1", "-o", ready)
        (point,) = site.cli("model", "calibrate", centred, *how, *options).json["points"]
        self.assertEqual(point["falseNonMatches"]["count"], 0)
        self.assertEqual(
            [threshold["numerator"] for threshold in site.cli("model", "inspect", ready, "--json").json["thresholds"]],
            [point["numerator"]],
        )
        few = site.cli("model", "centre", MODEL, "--images", people / "bob", "-o", site.base / "few", *options)
        self.assertEqual(few.code, 8, few)
        self.assertIn("6 usable images, need 20", few.err)

    def test_the_sensor_does_not_start_without_what_it_aligns_by(self):
        site = self.site
        face = FIXTURES / "models" / "face-v2.semblance-model"
        for keys, words in (
            ({"localiser": str(site.base / "absent")}, "cannot read"),
            ({"localiser": str(face)}, "is no localiser of fingers"),
            ({"localiser": str(LOCALISER), "dotsPerInch": 249}, "249 dots per inch"),
        ):
            config = site.base / "sensor.json"
            config.write_text(json.dumps({"tray": str(site.tray), "models": [str(MODEL)], **keys}))
            config.chmod(0o644)
            result = site.run(
                [
                    site.bin / "semblance-sensor", "--config", config, "--prover-user", "semblance",
                    "--socket", site.base / "unused", "--secret", site.base / "secret",
                ]
            )
            self.assertNotEqual(result.code, 0)
            self.assertIn(words, result.err)

    def test_doctor_looks_for_what_the_model_needs(self):
        for localiser, expected in ((LOCALISER, True), ("/nowhere", False)):
            findings = self.site.cli("doctor", "--json", "--model", MODEL, "--localiser", localiser).json
            (finding,) = [entry for entry in findings if entry["check"] == "alignment"]
            self.assertEqual(finding["ok"], expected)
            self.assertEqual("hint" in finding, not expected)


if __name__ == "__main__":
    unittest.main()
