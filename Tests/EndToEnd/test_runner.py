"""The runner itself: what hangs, crashes, or ends early is a failure, and nothing of it lives on."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent

TRIED = '''
import os, socket, subprocess, sys, tempfile, time, unittest

class Fine(unittest.TestCase):
    def test_port(self):
        """The same port as another class, at the same time."""
        with socket.socket() as place:
            place.bind(("127.0.0.1", 4711))
            time.sleep(1)
    def test_process(self):
        subprocess.Popen(["sleep", "7654"])
        print(tempfile.gettempdir())
    @unittest.skip("no reason")
    def test_skipped(self):
        pass

class Same(Fine):
    pass

class Wrong(unittest.TestCase):
    def test_fails(self):
        self.assertEqual(1, 2)
    def test_raises(self):
        raise ValueError

class Hangs(unittest.TestCase):
    def test_hang(self):
        time.sleep(600)

class Ends(unittest.TestCase):
    def test_end(self):
        os._exit(0)

class Crashes(unittest.TestCase):
    def test_crash(self):
        os.abort()

class Alone(unittest.TestCase):
    machine_wide = True
    def test_alone(self):
        pass
'''


@unittest.skipUnless(os.geteuid() == 0, "the namespaces of the classes take root")
class RunnerTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        (cls.folder / "test_tried.py").write_text(TRIED)

    def run_classes(self, *names, limit=20):
        command = [sys.executable, "-B", HERE / "run.py", "--folder", self.folder, "--limit", str(limit), "--jobs", "4"]
        ended = subprocess.run([*command, *names], capture_output=True, text=True, timeout=120)
        self.assertEqual(ended.stderr, "")
        return ended.returncode, ended.stdout

    def test_classes_run_apart_and_leave_nothing(self):
        code, output = self.run_classes("test_tried.Fine", "test_tried.Same", "test_tried.Alone")
        self.assertEqual(code, 0, output)
        self.assertTrue(output.endswith("\n5 passed, 0 failed, 2 skipped\n"), output)
        folders = set(re.findall(r"(/\S*/test_tried\S*)$", output, re.M))
        self.assertEqual(len(folders), 2, output)
        self.assertFalse(any(os.path.exists(folder) for folder in folders), folders)
        sleeping = subprocess.run(["grep", "-lz", "^7654$", *map(str, pathlib.Path("/proc").glob("[0-9]*/cmdline"))],
                                  capture_output=True, text=True)
        self.assertEqual(sleeping.stdout, "")

    def test_failures_are_counted(self):
        code, output = self.run_classes("test_tried.Wrong", "test_tried.Fine.test_port")
        self.assertEqual(code, 1, output)
        self.assertTrue(output.endswith("\n1 passed, 2 failed, 0 skipped\n"), output)
        self.assertEqual(len(re.findall(r" \.\.\. (FAIL|ERROR)$", output, re.M)), 2, output)

    def test_what_hangs_is_ended_and_says_where(self):
        started = time.monotonic()
        code, output = self.run_classes("test_tried.Hangs", limit=3)
        self.assertLess(time.monotonic() - started, 60)
        self.assertEqual(code, 1, output)
        self.assertIn("in test_hang", output)
        self.assertRegex(output, r"(?m)^test_tried\.Hangs \(status 1, limit 3 s\) \.\.\. ERROR$")

    def test_what_crashes_or_ends_early_is_an_error(self):
        code, output = self.run_classes("test_tried.Ends", "test_tried.Crashes")
        self.assertEqual(code, 1, output)
        self.assertTrue(output.endswith("\n0 passed, 2 failed, 0 skipped\n"), output)
        self.assertRegex(output, r"(?m)^test_tried\.Ends \(status 0, limit 20 s\) \.\.\. ERROR$")

    def test_no_such_test_is_no_success(self):
        command = [sys.executable, "-B", HERE / "run.py", "test_nothing"]
        ended = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual((ended.returncode, ended.stderr), (1, "run.py: there are no such tests: test_nothing\n"))


if __name__ == "__main__":
    unittest.main()
