#!/usr/bin/env python3
"""A camera without one: Debian's kernel with its test driver vivid, in a machine that is emulated in software.

The pictures that somebody is to be seen by are written to vivid's output, which is looped to its input; so the built
programs enrol and log in by a camera, whose faults vivid's controls make. Takes ten to twenty minutes; needs the packages of
PACKAGES, and no hardware support for virtual machines.

    Tests/Acceptance/camera.py [--keep]
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
BIN = ROOT / ".build" / "release"
SHARED = pathlib.Path(os.environ.get("SEMBLANCE_SHARED", ROOT.parent / "shared"))
FACES = SHARED / "data" / "orl.tar"
MODEL = ROOT / "Fixtures" / "models" / "face-v2.semblance-model"
CASCADE = pathlib.Path("/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml")
PACKAGES = ["qemu-system-x86", "busybox-static", "kmod", "cpio", "v4l-utils", "opencv-data"]
PROGRAMS = ["semblance", "semblanced", "semblance-sensor", "semblance-verifier"]
USERS = {"root": 0, "alice": 1000, "semblance": 900, "semblance-sensor": 901, "semblance-verifier": 902, "nobody": 65534}
# A machine that emulates the whole of it takes its time.
LIMIT = 2400
WIDTH, HEIGHT = 640, 480


def sh(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, **options).stdout


def kernel(work):
    """Debian's kernel and its modules, from the archive; nothing is installed."""
    depends = sh("apt-cache", "depends", "linux-image-amd64")
    package = re.search(r"Depends: (linux-image-\S+)", depends).group(1)
    place = work / "kernel"
    place.mkdir()
    sh("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package, cwd=place)
    sh("dpkg", "-x", next(place.glob("*.deb")), place)
    return next((place / "boot").glob("vmlinuz-*")), next((place / "lib" / "modules").iterdir())


def add_modules(root, modules):
    """vivid and what it stands on."""
    target = root / "lib" / "modules" / modules.name
    target.mkdir(parents=True)
    files = {path.name.removesuffix(".ko").replace("-", "_"): path for path in modules.rglob("*.ko")}
    wanted, seen = ["vivid"], set()
    while wanted:
        name = wanted.pop().replace("-", "_")
        if name in seen or name not in files:
            continue
        seen.add(name)
        shutil.copy(files[name], target)
        wanted += [part for part in sh("modinfo", "-F", "depends", files[name]).strip().split(",") if part]
    for listing in ("modules.order", "modules.builtin"):
        shutil.copy(modules / listing, target)
    sh("depmod", "-b", root, modules.name)


def add_program(root, path, place):
    """A program and the libraries that it loads, where it looks for them."""
    target = root / place.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    sh("install", "-m", "0755", path, target)
    for line in sh("ldd", path).splitlines():
        found = re.search(r"(/\S+) \(0x", line)
        if found and not (library := root / found.group(1).lstrip("/")).exists():
            library.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(found.group(1), library)
            # What people debug with is most of it, and all of it lies in memory.
            sh("strip", "--strip-unneeded", library)


def pgm(data):
    """Width, height and pixels of a binary PGM."""
    header = re.match(rb"P5\s+(?:#.*\n\s*)*(\d+)\s+(\d+)\s+255\s", data)
    return int(header.group(1)), int(header.group(2)), data[header.end():]


def scene(data):
    """A face in a grey room, about as large as at a desk: rows of luma."""
    width, height, pixels = pgm(data)
    scale = 3
    rows = [bytearray([110]) * WIDTH for _ in range(HEIGHT)]
    left, top = (WIDTH - scale * width) // 2, (HEIGHT - scale * height) // 2
    for y in range(scale * height):
        line = pixels[y // scale * width : (y // scale + 1) * width]
        rows[top + y][left : left + scale * width] = b"".join(bytes([grey]) * scale for grey in line)
    return b"".join(rows)


def add_people(root, people):
    place = root / "people"
    place.mkdir()
    with tarfile.open(FACES) as archive:
        for name, picture in people.items():
            luma = scene(archive.extractfile(f"orl/{picture}.pgm").read())
            (place / f"{name}.GREY").write_bytes(luma)
            # YUYV uses 16 to 235.
            narrow = luma.translate(bytes(16 + grey * 219 // 255 for grey in range(256)))
            frame = bytearray(b"\x80") * (2 * len(narrow))
            frame[::2] = narrow
            (place / f"{name}.YUYV").write_bytes(frame)


def write(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def add_configuration(root):
    etc = root / "etc"
    write(etc / "passwd", "".join(f"{name}:x:{uid}:{uid}::/:/bin/sh\n" for name, uid in USERS.items()))
    groups = "".join(f"{name}:x:{uid}:\n" for name, uid in USERS.items())
    write(etc / "group", groups + "video:x:44:semblance-sensor\n")
    write(etc / "nsswitch.conf", "passwd: files\ngroup: files\n")
    (root / "models").mkdir()
    shutil.copy(MODEL, root / "models" / "face")
    published = root / "models" / "published"
    config = sh(
        sys.executable, ROOT / "scripts" / "verifier-config.py", "--audience", "camera.test", "--model", MODEL,
        "--assurance", "match", "--published", published, "--socket", "/run/semblance-verifier/verifier",
    )
    config = json.loads(config.replace(str(published.resolve()), "/models/published"))
    # Everything takes ten times as long as on a machine that is not emulated.
    config["policy"]["challengeLifetimeSeconds"] = 180
    write(etc / "semblance" / "verifier.json", json.dumps(config))
    write(etc / "semblance" / "prover.json", json.dumps({"captureTimeoutSeconds": 110}))


def initramfs(work, modules):
    root = work / "root"
    for place in ("bin", "dev", "proc", "sys", "tmp", "run", "var/lib", "usr/bin", "sbin"):
        (root / place).mkdir(parents=True)
    shutil.copy("/bin/busybox", root / "bin" / "busybox")
    for program in PROGRAMS:
        add_program(root, BIN / program, f"/usr/bin/{program}")
        sh("strip", root / "usr" / "bin" / program)
    add_program(root, shutil.which("v4l2-ctl"), "/usr/bin/v4l2-ctl")
    cascade = root / str(CASCADE).lstrip("/")
    cascade.parent.mkdir(parents=True)
    shutil.copy(CASCADE, cascade)
    add_modules(root, modules)
    add_people(root, {"alice": "s1/1", "bob": "s9/1"})
    add_configuration(root)
    write(root / "init", (HERE / "camera-init.sh").read_text(), 0o755)
    image = work / "initramfs"
    with open(image, "wb") as output:
        names = sh("find", ".", cwd=root)
        subprocess.run(
            ["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], cwd=root, input=names.encode(), stdout=output, check=True
        )
    return image


def boot(vmlinuz, image):
    """Runs the machine; gives what it passed and failed."""
    command = [
        "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "4", "-m", "3G", "-nographic",
        "-no-reboot", "-nic", "none", "-kernel", vmlinuz, "-initrd", image,
        "-append", "console=ttyS0 quiet panic=-1 random.trust_cpu=on",
    ]
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    lines = []
    clock = threading.Timer(LIMIT, process.kill)
    clock.start()
    try:
        for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip()
            print(line, flush=True)
            lines.append(line)
        process.wait(timeout=60)
    finally:
        clock.cancel()
        process.kill()
    passed = [line for line in lines if line.startswith("PASS ")]
    failed = [line for line in lines if line.startswith("FAIL ")]
    if "END" not in lines:
        failed.append("FAIL the machine stopped before its end")
    return passed, failed


def main():
    for needed, why in (
        (FACES, "no pictures of faces among the shared data"), (CASCADE, "no cascade; install opencv-data"),
    ):
        if not needed.exists():
            print(f"skipped: {why}: {needed}\n0 passed, 0 failed")
            return
    missing = [name for name in ("qemu-system-x86_64", "busybox", "depmod", "cpio", "v4l2-ctl") if not shutil.which(name)]
    if missing:
        sys.exit(f"camera.py: {', '.join(missing)} not found; apt-get install {' '.join(PACKAGES)}")
    work = pathlib.Path(tempfile.mkdtemp(prefix="semblance-camera."))
    try:
        vmlinuz, modules = kernel(work)
        passed, failed = boot(vmlinuz, initramfs(work, modules))
    finally:
        if "--keep" not in sys.argv:
            shutil.rmtree(work)
    print(f"{len(passed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
