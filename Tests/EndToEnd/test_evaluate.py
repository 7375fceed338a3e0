"""`semblance model evaluate` through the built program: rates of the project's own prints, and folders that somebody else has filled."""

import os
import re
import shutil
import unittest
import xml.dom.minidom

from harness import FIXTURES, LOCALISER, Site

MODEL = FIXTURES / "models" / "fingerprint-v2.semblance-model"
PEOPLE = FIXTURES / "fingerprints"


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class EvaluateTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def evaluate(self, folder, *options):
        return self.site.cli("model", "evaluate", MODEL, "--people", folder, "--localiser", LOCALISER, *options, timeout=300)

    def test_the_fixtures_are_measured_as_their_comparisons_say(self):
        result = self.evaluate(PEOPLE, "--template", "1,3", "--json")
        self.assertEqual(result.code, 0, result)
        report = result.json
        self.assertEqual((report["people"], report["pictures"], report["unreadable"], report["refused"]), (4, 24, [], []))
        self.assertEqual([entry["rule"] for entry in report["protocols"]], ["sum", "sum", "best"])
        # 4 people with 6 pictures: 4 x 15 and 6 x 36 pairs; templates of 3 leave 12 probes.
        counts = [(entry["genuinePairs"], entry["impostorPairs"]) for entry in report["protocols"]]
        self.assertEqual(counts, [(60, 216), (12, 36), (12, 36)])
        # The same decisions, from the comparisons that `model run` prints.
        pictures = sorted(PEOPLE.glob("*/*.png"))
        run = self.site.cli("model", "run", MODEL, "--localiser", LOCALISER, "--json", *pictures, timeout=300).json

        def person(path):
            return path.split("/")[-2]

        for promise in report["protocols"][0]["promises"]:
            numerator = promise["point"]["numerator"]
            wrong = {True: 0, False: 0}
            for comparison in run["comparisons"]:
                genuine = person(comparison["first"]) == person(comparison["second"])
                matches = (comparison["numerator"] if comparison.get("numerator") is not None else -1) >= numerator
                wrong[genuine] += matches != genuine
            self.assertEqual(promise["point"]["falseNonMatches"]["count"], wrong[True])
            self.assertEqual(promise["point"]["falseMatches"]["count"], wrong[False])
            # 216 comparisons cannot keep 1 in 1,000, and none matches.
            self.assertEqual(promise["verdict"], "open")
        text = self.evaluate(PEOPLE)
        self.assertIn("promises 1 in 1,000; measured here 0 in 1,000 [0 to 14]: too few comparisons to tell", text.out)
        self.assertIn("4 people say little about others", text.err)

    def test_what_is_in_the_way_is_counted_and_the_rest_goes_on(self):
        folder = self.site.base / "people"
        shutil.copytree(PEOPLE, folder)
        os.mkfifo(folder / "alice" / "pipe.png")
        (folder / "bob" / "gone.png").symlink_to("/nonexistent.png")
        (folder / "bob" / "loop").symlink_to(folder)
        (folder / "bob" / "notes.txt").write_text("no picture")
        (folder / "carol" / "picture.jpg").write_bytes(b"RIFF\x10\0\0\0WEBPVP8 ")
        (folder / "stray.png").write_bytes(b"of nobody")
        strange = folder / "e\x1b[31mve\n\u202e"
        strange.mkdir()
        shutil.copy(PEOPLE / "mallory" / "1.png", strange / "one.png")
        flat = b"P5\n300 360\n255\n" + bytes([240]) * 300 * 360
        for number in range(2):
            (folder / "mallory" / f"flat{number}.pgm").write_bytes(flat)
        groups = self.site.base / "groups.csv"
        groups.write_bytes(
            b'\xef\xbb\xbfperson,room,"shift, or turn"\r\nalice,"north ""wing""",a\r\nbob,south,b\r\n'
            b'carol,south,\r\nnobody,south,b\r\n'
        )
        report = self.site.base / "report.html"
        result = self.evaluate(folder, "--groups", groups, "--strictest", "--report", report, "--json")
        self.assertEqual(result.code, 0, result)
        document = result.json
        self.assertEqual(document["people"], 5)
        self.assertEqual(document["pictures"], 27)
        self.assertEqual({entry["path"].split("/")[-1] for entry in document["unreadable"]}, {"pipe.png", "gone.png", "picture.jpg"})
        self.assertEqual(document["refusals"], [{"count": 2, "reason": "no finger seen"}])
        self.assertEqual(document["failuresToAcquire"]["count"], 2)
        self.assertEqual([grouping["name"] for grouping in document["groupings"]], ["room", "shift, or turn"])
        room = document["groupings"][0]
        self.assertEqual([group["name"] for group in room["groups"]], ['north "wing"', "south"])
        self.assertEqual([group["people"] for group in room["groups"]], [1, 2])
        self.assertEqual((room["peopleWithoutGroup"], room["gaps"]), (2, []))
        self.assertIn("1 people of the groups' file have no folder, the first is 'nobody'", result.err)
        self.assertNotIn("\x1b", result.err + self.evaluate(folder).out)
        html = report.read_text()
        self.assertEqual(html.count("<svg "), 1)
        for link in ("href=", "src=", "<script", "\x1b", "\u202e"):
            self.assertNotIn(link, html)
        xml.dom.minidom.parseString(re.search(r"<svg .*?</svg>", html, re.DOTALL)[0])
        self.assertIn("north &quot;wing&quot;", html)

    def test_groups_by_name_and_tables_that_are_none(self):
        folder = self.site.base / "named"
        for person in ("alice", "bob"):
            shutil.copytree(PEOPLE / person, folder / f"left-{person}")
        shutil.copytree(PEOPLE / "carol", folder / "right-carol")
        document = self.evaluate(folder, "--group-separator", "-", "--json").json
        self.assertEqual([group["name"] for group in document["groupings"][0]["groups"]], ["left", "right"])
        groups = self.site.base / "bad.csv"
        for text, words in (
            ("a,b\na,c\n", "line 2 of the groups: line 1 has the same person"),
            ('a,"b\n', "line 1 of the groups: a quote is not closed"),
            ("a,b\nc\n", "line 2 of the groups: 1 fields, where line 1 has 2"),
        ):
            groups.write_text(text)
            result = self.evaluate(folder, "--groups", groups)
            self.assertEqual(result.code, 8, result)
            self.assertIn(words, result.err)
        pipe = self.site.base / "pipe.csv"
        os.mkfifo(pipe)
        self.assertEqual(self.evaluate(folder, "--groups", pipe).code, 8)
        self.assertEqual(self.evaluate(folder, "--strictest").code, 64)
        self.assertEqual(self.evaluate(folder, "--template", "1,6").code, 64)

    def test_parts_of_an_answer_where_there_is_no_more(self):
        one = self.site.base / "one"
        shutil.copytree(PEOPLE / "alice", one / "alice")
        result = self.evaluate(one, "--json")
        self.assertEqual(result.code, 0, result)
        protocol = result.json["protocols"][0]
        self.assertEqual((protocol["genuinePairs"], protocol["impostorPairs"]), (15, 0))
        self.assertNotIn("equalErrorRate", protocol)
        self.assertNotIn("falseMatchesOverPeople", protocol["promises"][0]["point"])
        single = self.site.base / "single"
        for person in ("alice", "bob", "carol"):
            (single / person).mkdir(parents=True)
            shutil.copy(PEOPLE / person / "1.png", single / person)
        text = self.evaluate(single)
        self.assertEqual(text.code, 0, text)
        self.assertIn("one to one: 0 genuine and 3 impostor comparisons", text.out)
        self.assertIn("false non-matches not measured; with refused pictures (FRR) not measured", text.out)
        # Nothing to compare is no answer.
        shutil.rmtree(single / "bob")
        shutil.rmtree(single / "carol")
        nothing = self.evaluate(single, "--json")
        self.assertEqual((nothing.code, nothing.json["error"]["code"]), (1, "refused"))
        self.assertEqual(self.evaluate(self.site.base / "absent").code, 8)
