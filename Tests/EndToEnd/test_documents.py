"""What comments and documents cite is there: sections, attacks, messages, labels, files."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from harness import BIN, ROOT

DOCS = ROOT / "docs"
SOURCES = [
    file
    for folder in ("Sources", "Tests", "pam", "scripts", "docs", "Examples")
    for file in sorted((ROOT / folder).rglob("*"))
    if file.suffix in (".swift", ".py", ".c", ".h", ".sh", ".varlink", ".md") and ".build" not in file.parts
]
PAGES = [*sorted(ROOT.glob("*.md")), *(file for file in SOURCES if file.suffix == ".md"), *(ROOT / "Fixtures").rglob("*.md")]


def text_of(file):
    """With line breaks and comment signs taken out, so that a citation may stand on two lines."""
    return re.sub(r"\s*\n\s*(///?|#|\*)?\s*", " ", file.read_text())


def headings(page):
    return re.findall(r"^#+ (.*)$", (DOCS / page).read_text(), re.M)


def numbered(page):
    return {match[1] for heading in headings(page) if (match := re.match(r"(\d+(\.\d+)*)\.? ", heading))}


class CitationTests(unittest.TestCase):
    def citations(self, pattern):
        found = [(file, match) for file in SOURCES for match in re.finditer(pattern, text_of(file))]
        self.assertGreater(len(found), 5, "the pattern finds what is cited")
        return found

    def test_sections(self):
        """`docs/protocol.md` section 5.2, sections 7.1 to 7.3, and the like."""
        pages = {page: numbered(page) for page in ("protocol.md", "bulletproofs.md")}
        self.assertGreater(len(pages["protocol.md"]), 20)
        pattern = r"(protocol|bulletproofs)\.md`?,? sections? (\d+(?:\.\d+)*(?:(?:, | and | to )\d+(?:\.\d+)*)*)"
        for file, match in self.citations(pattern):
            for number in re.findall(r"\d+(?:\.\d+)*", match[2]):
                self.assertIn(number, pages[f"{match[1]}.md"], f"{file}: {match[0]}")

    def test_named_sections(self):
        """`docs/quantisation.md`, "Published model"."""
        for file, match in self.citations(r'docs/([a-z-]+\.md)`?[,;:]? \(?"([A-Z][^"]+)"'):
            self.assertIn(match[2], headings(match[1]), f"{file}: {match[0]}")

    def test_attacks(self):
        known = set(re.findall(r"^\| \*\*(F\d+)\*\*", (DOCS / "attacks.md").read_text(), re.M))
        self.assertEqual(known, {f"F{number}" for number in range(1, len(known) + 1)})
        for file, match in self.citations(r"attacks\.md`? (F\d+(?:(?:, | and | to )F\d+)*)"):
            for number in re.findall(r"F\d+", match[1]):
                self.assertIn(number, known, f"{file}: {match[0]}")

    def test_messages(self):
        """The numbers that the code's comments give to messages are those of the protocol's table."""
        known = set(re.findall(r"^\| (\d) \|", (DOCS / "protocol.md").read_text(), re.M))
        self.assertEqual(known, set("0123456789"))
        cited = set()
        for file in SOURCES:
            if file.suffix == ".swift":
                for numbers in re.findall(r"// *Messages? (\d(?: to \d)?)", file.read_text()):
                    cited |= set(re.findall(r"\d", numbers))
        self.assertLessEqual(cited, known)
        self.assertIn("7", cited)

    def test_labels(self):
        """Each label of a transcript is in the protocol's text."""
        (file,) = (file for file in SOURCES if file.name == "ProofLabel.swift")
        labels = re.findall(r'case \.\w+: "([^"]+)"', file.read_text())
        self.assertGreater(len(labels), 30)
        text = (DOCS / "protocol.md").read_text()
        named = set(re.findall(r"`([^`\n]+)`", text))
        self.assertEqual([label for label in labels if label not in named], [])


class LinkTests(unittest.TestCase):
    def test_links(self):
        """Relative links of the documents lead somewhere."""
        count = 0
        for page in PAGES:
            for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
                if re.match(r"[a-z]+:|\.\./shared", target):
                    continue
                path = target.partition("#")[0]
                self.assertTrue(not path or (page.parent / path).exists(), f"{page}: {target}")
                count += 1
        self.assertGreater(count, 25)


@unittest.skipUnless(shutil.which("mandoc"), "takes mandoc")
class ManPageTests(unittest.TestCase):
    def test_pages_and_completions_of_the_programs(self):
        """Made from what their parsers say: mandoc finds nothing wrong, and the shells that are here take the completions."""
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-B", ROOT / "scripts/make-man-pages.py", BIN, folder], check=True)
            pages = sorted(pathlib.Path(folder).glob("*.[18]"))
            self.assertEqual(len(pages), 5)
            lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages], capture_output=True, text=True)
            self.assertEqual((lint.returncode, lint.stdout), (0, ""))
            for shell, pattern in (("bash", "semblance*"), ("zsh", "_*"), ("fish", "*.fish")):
                scripts = [file for file in (pathlib.Path(folder) / "completions").glob(pattern) if file.suffix != ".fish" or shell == "fish"]
                self.assertTrue(scripts, shell)
                for script in scripts if shutil.which(shell) else ():
                    subprocess.run([shell, "-n", script], check=True)


if __name__ == "__main__":
    unittest.main()
