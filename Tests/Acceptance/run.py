#!/usr/bin/env python3
"""The packages on a machine that has never seen a Swift toolchain: a minimal Debian 12, booted by systemd-nspawn with a PID 1 and a
network of its own. Installed, upgraded with the vault of the release before, used, restarted, removed, purged (inside.py).

    run.py PACKAGES [--base TAR] [--keep]

Takes root, mmdebstrap and systemd-container. The bare Debian is kept beside PACKAGES (base.tar), as it takes the longest; --base names
another. Ends with one line of totals.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OLDER = "0.1.9"
BOOTS = ("1", "2")
LIMIT = 900
# What the packages depend on, so that installing them takes no network, and what the tests use.
INCLUDED = [
    "systemd-sysv", "dbus", "libpam-systemd", "libpam-runtime", "apt-utils", "debconf", "passwd", "login", "pamtester",
    "libgdk-pixbuf-2.0-0", "libglib2.0-0", "libsodium23", "libsqlite3-0", "libstdc++6", "libsystemd0", "openssl", "python3",
]
UNIT = """[Unit]
Description=Acceptance
After=multi-user.target systemd-user-sessions.service
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -B /acceptance/inside.py {boot}
StandardOutput=file:/acceptance/said-{boot}
StandardError=inherit
"""


def run(*command, **options):
    subprocess.run([str(part) for part in command], check=True, **options)


def sources():
    """Debian's own archives among the machine's sources, as scripts/fresh.sh finds them."""
    files = [pathlib.Path("/etc/apt/sources.list"), *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))]
    return [file for file in files if file.is_file() and "debian" in file.read_text()]


def make_base(base):
    print("== a minimal Debian 12", flush=True)
    partial = base.with_suffix(".partial.tar")
    run("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(INCLUDED)}", "bookworm", partial, *sources())
    partial.rename(base)


def older(packages, output):
    """The same packages under a lower version, which is all that an upgrade looks at; the state is what is really older."""
    output.mkdir()
    for package in packages.glob("*.deb"):
        with tempfile.TemporaryDirectory() as folder:
            run("dpkg-deb", "-R", package, folder)
            control = pathlib.Path(folder) / "DEBIAN" / "control"
            version = next(line.split()[1] for line in control.read_text().splitlines() if line.startswith("Version:"))
            control.write_text(
                control.read_text().replace(f"Version: {version}", f"Version: {OLDER}").replace(f"(= {version})", f"(= {OLDER})")
            )
            target = output / package.name.replace(version, OLDER)
            run("dpkg-deb", "-Znone", "--root-owner-group", "-b", folder, target, stdout=subprocess.DEVNULL)


def prepare(root, packages):
    inside = root / "acceptance"
    inside.mkdir()
    shutil.copytree(packages, inside / "packages", ignore=shutil.ignore_patterns("base*.tar"))
    older(packages, inside / "older")
    shutil.copy(pathlib.Path(__file__).with_name("inside.py"), inside)
    for name in ("previous-release", "fingerprints"):
        shutil.copytree(ROOT / "Fixtures" / name, inside / name)
    # apt's own user reads packages that lie in a file system.
    run("chmod", "-R", "a+rX", inside)


def boot(root, number):
    """Whether what runs in this boot ended well."""
    print(f"== boot {number}", flush=True)
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (root / "etc/systemd/system/acceptance.service").write_text(UNIT.format(boot=number))
    if not (wants / "acceptance.service").is_symlink():
        (wants / "acceptance.service").symlink_to("/etc/systemd/system/acceptance.service")
    process = subprocess.Popen(
        ["systemd-nspawn", "--quiet", "--boot", "--private-network", "--register=no", "--keep-unit", "--console=pipe", "-D", root],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"UNIFIED_CGROUP_HIERARCHY": "1"},
    )
    try:
        _, errors = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.terminate()
        _, errors = process.communicate()
        print(f"FAIL boot {number}: not done after {LIMIT} s", flush=True)
    said = root / f"acceptance/said-{number}"
    text = said.read_text() if said.exists() else f"FAIL it did not boot: {errors}\n"
    print(text, end="", flush=True)
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("packages", type=pathlib.Path)
    parser.add_argument("--base", type=pathlib.Path)
    parser.add_argument("--keep", action="store_true", help="leave the machine's root to be looked at")
    options = parser.parse_args()
    if os.geteuid() != 0 or not shutil.which("systemd-nspawn") or not shutil.which("mmdebstrap"):
        sys.exit("acceptance: this takes root, and: apt-get install mmdebstrap systemd-container")
    packages = options.packages.resolve()
    base = (options.base or packages / "base.tar").resolve()
    start = time.monotonic()
    if not base.exists():
        make_base(base)
    root = pathlib.Path(tempfile.mkdtemp(prefix="semblance-acceptance.", dir="/var/tmp"))
    root.chmod(0o755)
    passed = failed = 0
    try:
        run("tar", "-C", root, "-xf", base, "--exclude=./dev/*")
        prepare(root, packages)
        for number in BOOTS:
            lines = boot(root, number).splitlines()
            passed += sum(line.startswith("ok ") for line in lines)
            bad = sum(line.startswith("FAIL ") for line in lines)
            failed += bad
            if bad or not lines:
                failed += not bad
                break
    finally:
        if options.keep:
            print(f"acceptance: the machine's root is {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)
    print(f"{passed} passed, {failed} failed ({time.monotonic() - start:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
