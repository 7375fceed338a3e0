"""What the tests of consent share: a client at a terminal, and one that is raised above its caller."""

from harness import *
from terminal import Terminal

PROMPT = "Password (or press Enter to present your face or finger for lock as alice): "


class ScreenCase(Case):
    def setUp(self):
        super().setUp()
        self.start()
        self.serve("confirm timeout=20")
        self.terminal = Terminal()
        self.addCleanup(self.terminal.close)
        self.usual = self.terminal.settings()

    def run_at_terminal(self, *options, **more):
        command = self.command(*options)
        return self.terminal.run(command, env=self.environment(), **more)

    def output(self, process):
        output, errors = process.communicate(timeout=30)
        self.assertEqual(errors, "")
        return output

    def ends(self, process, code):
        output = self.output(process)
        self.assertIn(f"authenticate {code}\n", output)
        self.assertIn("state unchanged\n", output)
        self.assertEqual(self.terminal.settings(), self.usual)
        return output

    def raised(self):
        """A client that its file raises above its caller, as sudo's does."""
        if SANITIZED:
            self.skipTest("the sanitizers are not for programs that are raised")
        path = os.path.join(self.place, "raised")
        shutil.copy(self.client, path)
        os.chmod(path, 0o4755)
        return path

    def nobody_is_asked(self, reason):
        self.assertEqual((self.verifier.connections, self.prover.connections), (0, 0))
        self.assertLogged("^<86>.*alice: not asked: nobody could be told what for: " + reason)
