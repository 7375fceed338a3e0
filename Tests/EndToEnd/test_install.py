"""What is installed runs without a Swift toolchain: by one private copy of its run time, and by Debian's libraries."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import BIN, FIXTURES, PROGRAMS, ROOT

# Where the trial is installed: always there, in use by nothing, and mounted over in a namespace only.
PREFIX = pathlib.Path("/mnt")
RUNTIME = PREFIX / "lib" / "semblance"
INSTALLED = {program: PREFIX / "libexec" / "semblance" / program for program in PROGRAMS} | {
    "semblance": PREFIX / "bin" / "semblance"
}

# What each program asks for by name, apart from Swift's and the C library (docs/processes.md).
EVERYWHERE = {"libsodium", "libsystemd"}
PIXBUF = {"libgdk_pixbuf-2.0", "libgobject-2.0", "libglib-2.0"}
LINKS = {
    "semblance": EVERYWHERE | PIXBUF | {"libstdc++", "libgcc_s"},
    "semblanced": EVERYWHERE | {"libsqlite3"},
    "semblance-sensor": EVERYWHERE | PIXBUF,
    "semblance-fprintd": EVERYWHERE,
    "semblance-verifier": EVERYWHERE | {"libsqlite3", "libstdc++", "libgcc_s"},
}
C_LIBRARY = {"libc", "libm", "ld-linux-x86-64", "ld-linux-aarch64"}


def said(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)


def loaded(program):
    """The paths of everything that a program loads."""
    lines = said("ldd", program, check=True).stdout.splitlines()
    return [pathlib.Path(line.split()[2]) for line in lines if " => " in line]


def toolchain():
    """The directory from which the built programs take Swift's libraries."""
    (core,) = (path for path in loaded(BIN / "semblance") if path.name == "libswiftCore.so")
    return core.parent


class Trial:
    """The programs installed below a directory of their own, for PREFIX."""

    def __init__(self):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="semblance-install."))
        self.stage = self.base / "stage"
        subprocess.run(
            ["make", "-s", "-C", ROOT, "install-programs", f"BIN={BIN}", f"DESTDIR={self.stage}", f"PREFIX={PREFIX}"],
            check=True, env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        )

    def staged(self, path):
        return self.stage / path.relative_to("/")

    def files(self):
        """Programs and libraries, as they lie below the stage."""
        return [*map(self.staged, INSTALLED.values()), *self.staged(RUNTIME).iterdir()]

    def run(self, *command, hide=()):
        """Runs a command where the installation is at PREFIX, and the toolchain and `hide` are empty directories."""
        script = 'mount --bind "$1" "$2" && shift 2 && while [ "$1" != -- ]; do ' \
            'mount -t tmpfs none "$1" || exit 99; shift; done; shift; exec "$@"'
        return said(
            "unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh", self.staged(PREFIX), PREFIX,
            toolchain(), *hide, "--", *command, env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}, cwd="/",
        )


@unittest.skipUnless(os.geteuid() == 0, "mounts, which takes root")
class InstallTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.trial = Trial()
        cls.addClassCleanup(shutil.rmtree, cls.trial.base)

    def test_programs_answer_without_a_toolchain(self):
        built = said(BIN / "semblance", "--version").stdout
        self.assertRegex(built, r"^\d+\.\d+")
        for path in INSTALLED.values():
            ended = self.trial.run(path, "--version")
            self.assertEqual((ended.returncode, ended.stdout), (0, built), ended.stderr)

    def test_without_the_copy_nothing_starts(self):
        for path in INSTALLED.values():
            ended = self.trial.run(path, "--version", hide=[RUNTIME])
            self.assertEqual(ended.returncode, 127, ended.stdout)
            self.assertRegex(ended.stderr, "error while loading shared libraries: lib.*: cannot open shared object file")

    def test_model_is_read_without_a_toolchain(self):
        model = FIXTURES / "models" / "fingerprint-v2.semblance-model"
        ended = self.trial.run(INSTALLED["semblance"], "model", "inspect", "--json", model)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        expected = json.loads(said(BIN / "semblance", "model", "inspect", "--json", model).stdout)
        self.assertEqual(json.loads(ended.stdout), expected)

    def test_verifier_checks_its_database_without_a_toolchain(self):
        published = self.trial.base / "model.semblance-public"
        made = self.trial.run(
            INSTALLED["semblance"], "model", "publish", "--json",
            FIXTURES / "models" / "fingerprint-v2.semblance-model", "--output", published,
        )
        self.assertEqual(made.returncode, 0, made.stderr)
        description = json.loads(made.stdout)
        config = self.trial.base / "verifier.json"
        config.write_text(json.dumps({
            "audience": "install.semblance.test",
            "database": str(self.trial.base / "verifier.sqlite"),
            "signingKey": str(self.trial.base / "signing-key"),
            "policy": {"assurance": "full", "models": [{
                "identity": description["identity"], "modality": "fingerprint", "published": str(published),
                "dimension": description["dimension"], "minimumNorm": description["minimumNorm"],
                "threshold": description["thresholds"][0]["numerator"],
            }]},
            "varlink": {"socket": str(self.trial.base / "verifier")},
        }))
        for subcommand in ("init", "check"):
            ended = self.trial.run(INSTALLED["semblance-verifier"], subcommand, "--config", config)
            self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)

    def test_installed_files_have_no_symbols_and_no_path_of_the_toolchain(self):
        for file in self.trial.files():
            self.assertNotIn(str(toolchain()).encode(), file.read_bytes(), file)
            self.assertIn("no symbols", said("nm", file, check=True).stderr, file)

    def test_units_let_the_copy_be_loaded(self):
        """They may not hide or forbid its directory; and MemoryDenyWriteExecute= wants no relocated code, no such stack."""
        for unit in (ROOT / "systemd").glob("*.service"):
            self.assertNotRegex(
                unit.read_text(), "(?m)^(Root|Inaccessible|TemporaryFile|ExecPaths|NoExecPaths|BindPaths|BindReadOnly)", unit
            )
        for file in self.trial.files():
            self.assertNotIn("TEXTREL", said("readelf", "-dW", file, check=True).stdout, file)
            self.assertRegex(said("readelf", "-lW", file, check=True).stdout, r"GNU_STACK .* RW  ", file)

    def test_nothing_of_swift_is_copied_that_nothing_loads(self):
        swifts = {path.name for program in PROGRAMS for path in loaded(BIN / program) if path.parent == toolchain()}
        self.assertEqual({path.name for path in self.trial.staged(RUNTIME).iterdir()}, swifts)

    def test_programs_ask_for_what_the_table_says(self):
        swifts = {path.name for path in self.trial.staged(RUNTIME).iterdir()}
        for program, path in INSTALLED.items():
            asked = re.findall(r"\(NEEDED\).*\[(.*)\]", said("readelf", "-d", self.trial.staged(path), check=True).stdout)
            names = {name.split(".so")[0] for name in asked if name not in swifts}
            self.assertEqual(names - C_LIBRARY, LINKS[program], program)


class InstallRuntimeTests(unittest.TestCase):
    """The script refuses what it cannot make independent of a toolchain."""

    def setUp(self):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="semblance-install."))
        self.addCleanup(shutil.rmtree, self.base)
        self.program = self.base / "semblance-sensor"
        shutil.copy(BIN / "semblance-sensor", self.program)

    def install(self, directory="/usr/lib/semblance"):
        return said(
            ROOT / "scripts" / "install-runtime.sh", directory, self.program, env=os.environ | {"DESTDIR": str(self.base)}
        )

    def refused(self, ended, words):
        self.assertEqual(ended.returncode, 1, ended.stdout)
        self.assertIn(words, ended.stderr)

    def test_path_of_the_toolchain_that_stays(self):
        with self.program.open("ab") as file:
            file.write(f"{toolchain()}/libswiftCore.so".encode())
        self.refused(self.install(), "has a path of the toolchain")

    def test_library_of_neither(self):
        (sodium,) = (path for path in loaded(self.program) if path.name.startswith("libsodium"))
        shutil.copy(sodium, self.base)
        said("patchelf", "--set-rpath", f"{self.base}:{toolchain()}", self.program, check=True)
        self.refused(self.install(), f"neither Swift's nor Debian's: {self.base / sodium.name}")

    def test_library_that_is_missing(self):
        said("patchelf", "--add-needed", "libsemblance-is-not-there.so", self.program, check=True)
        self.refused(self.install(), "a library is not found")

    def test_program_without_swift(self):
        shutil.copy("/bin/true", self.program)
        self.refused(self.install(), "no libswiftCore.so is loaded")

    def test_relative_directory(self):
        self.refused(self.install("lib/semblance"), "not an absolute path")

    def other_toolchain(self):
        """A directory with the toolchain's libraries, which the program is made to load instead."""
        other = self.base / "other"
        other.mkdir()
        for library in toolchain().glob("*.so"):
            (other / library.name).symlink_to(library)
        said("patchelf", "--set-rpath", other, self.program, check=True)
        return other

    def test_program_that_has_its_copy(self):
        self.refused(self.install(str(self.other_toolchain())), "is loaded already")

    def test_library_that_looks_elsewhere(self):
        library = self.other_toolchain() / "libswiftGlibc.so"
        library.unlink()
        shutil.copy(toolchain() / library.name, library)
        said("patchelf", "--set-rpath", "$ORIGIN:/opt/elsewhere", library, check=True)
        self.refused(self.install(), "looks elsewhere than beside itself")

    def test_programs_of_two_toolchains(self):
        self.other_toolchain()
        ended = said(
            ROOT / "scripts" / "install-runtime.sh", "/usr/lib/semblance", self.program, BIN / "semblanced",
            env=os.environ | {"DESTDIR": str(self.base)},
        )
        self.refused(ended, "several Swift run times are loaded")


if __name__ == "__main__":
    unittest.main()
