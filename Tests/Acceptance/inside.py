"""What happens on the installed machine: run by its PID 1, as root, once per boot. `run.py` starts it and reads its lines.

    inside.py BOOT          # 1: installation and use; 2: after a restart, to the end
"""

import json
import os
import pathlib
import pwd
import re
import shutil
import ssl
import subprocess
import sys
import textwrap
import time
import urllib.request

HERE = pathlib.Path("/acceptance")
TRAY = pathlib.Path("/srv/semblance/tray")
ETC = pathlib.Path("/etc/semblance")
PACKAGES = ["semblance-runtime", "semblance-models", "semblance", "semblance-verifier", "libpam-semblance"]
COMMON = pathlib.Path("/etc/pam.d/common-auth")
# The module lets display managers ask, which it knows by their units: this one stands for the machine's console.
SERVICE = "lightdm"
PASSWORD = "correct horse"


class Failure(Exception):
    pass


def check(condition, words):
    if not condition:
        raise Failure(words)


def run(*command, typed=None, code=0, errors=subprocess.STDOUT):
    """What a command says; `errors` tells what becomes of its standard error. With `code` None any exit status will do."""
    done = subprocess.run(
        [str(part) for part in command], input=typed, text=True, stdout=subprocess.PIPE, stderr=errors,
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
    )
    check(code is None or done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}")
    return done.stdout


def said_as_json(*command, code=0):
    return json.loads(run(*command, "--json", code=code, errors=None))


def status(*command):
    return subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def install(folder):
    files = [next((HERE / folder).glob(f"{name}_*.deb")) for name in PACKAGES]
    return run("apt-get", "install", "-y", "--no-install-recommends", *files)


def show(person, *numbers):
    for old in TRAY.iterdir():
        old.unlink()
    for number in numbers:
        shutil.copy(HERE / "fingerprints" / person / f"{number}.png", TRAY / f"{number}.png")


def login(user, typed):
    """Whether `user` gets in by SERVICE, and what was said. At the question Enter asks for the finger; what else is typed is
    the password."""
    unit = pathlib.Path(f"/run/systemd/system/{SERVICE}.service")
    unit.write_text(
        f"[Service]\nType=oneshot\nExecStart=/usr/bin/pamtester {SERVICE} {user} authenticate acct_mgmt\n"
        "StandardInput=file:/run/typed\nStandardOutput=file:/run/said\nStandardError=file:/run/said\n"
    )
    pathlib.Path("/run/typed").write_text(typed)
    pathlib.Path("/run/said").write_text("")
    run("systemctl", "daemon-reload")
    granted = status("systemctl", "start", f"{SERVICE}.service") == 0
    return granted, pathlib.Path("/run/said").read_text()


def written(path, text):
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    path.chmod(0o644)


def main_pid(unit):
    return run("systemctl", "show", "--property=MainPID", "--value", unit).strip()


# -- first boot


def no_toolchain():
    compilers = subprocess.run(["find", "/", "-xdev", "-name", "swiftc"], capture_output=True, text=True).stdout
    check(shutil.which("swift") is None and not compilers, "a Swift toolchain is here")
    check(not list(pathlib.Path("/usr").rglob("libswiftCore.so")), "a Swift run time is here")


def older_packages_install():
    """Nothing runs, and nothing about logins changes, before somebody configures it."""
    before = COMMON.read_bytes()
    install("older")
    check(COMMON.read_bytes() == before, "installing changed common-auth")
    for user in ("semblance", "semblance-sensor", "semblance-verifier"):
        pwd.getpwnam(user)
    for unit in ("semblanced.socket", "semblance-sensor.socket", "semblance-verifier.service"):
        check(run("systemctl", "is-enabled", unit).strip() == "enabled", f"{unit} is not enabled")
        check(status("systemctl", "is-active", unit) != 0, f"{unit} runs without a configuration")
    check(run("systemctl", "--failed", "--no-legend").strip() == "", "a unit has failed")


def previous_release():
    """The state that the release before left, under the older packages."""
    old = HERE / "previous-release"
    release = json.loads((old / "release.json").read_text())
    for source, target, user in (
        (old / "prover", "semblance", "semblance"), (old / "sensor", "semblance-sensor", "semblance-sensor"),
        (old / "verifiers" / "match", "semblance-verifier", "semblance-verifier"),
    ):
        for file in source.iterdir():
            placed = pathlib.Path("/var/lib") / target / file.name
            shutil.copyfile(file, placed)
            placed.chmod(0o600)
            shutil.chown(placed, user, user)
    for model in (old / "models").iterdir():
        shutil.copy(model, ETC)
        (ETC / model.name).chmod(0o644)
    verifier = json.loads((old / "verifiers" / "match.json").read_text().replace("@SITE@/match-state", "/var/lib/semblance-verifier"))
    verifier["varlink"]["socket"] = "/run/semblance/verifier"
    models = verifier["policy"]["models"]
    # New enrolments are made with the network that tells people apart.
    models.sort(key=lambda model: -model["dimension"])
    models[0]["published"] = str(ETC / "fingerprint-v2.semblance-public")
    models[1]["published"] = str(ETC / "private.semblance-public")
    written(ETC / "verifier.json", verifier)
    files = ["/usr/share/semblance/fingerprint-v2.semblance-model", str(ETC / "private.semblance-model")]
    TRAY.mkdir(parents=True, exist_ok=True)
    written(ETC / "sensor.json", {"tray": str(TRAY), "models": files})
    pin = {"key": release["verifierKeys"]["match"], "origins": ["unix:/run/semblance/verifier"]}
    written(ETC / "prover.json", {"models": files, "presence": "none", "verifiers": {"match.semblance.test": pin}})
    run("systemctl", "start", "semblanced.socket", "semblance-sensor.socket", "semblance-verifier.service")
    show("alice", 6)
    run("semblance", "authenticate", "--user", "root", "--label", "right-index", "--modality", "fingerprint")


def upgrade():
    """The vault is kept, and what runs is what was just installed."""
    before = {unit: main_pid(unit) for unit in ("semblanced.service", "semblance-sensor.service", "semblance-verifier.service")}
    check("0" not in before.values(), f"not all run: {before}")
    install("packages")
    for unit, pid in before.items():
        now = main_pid(unit)
        check(now not in ("0", pid), f"{unit} was not restarted: {pid}, {now}")
    labels = {entry["label"] for entry in said_as_json("semblance", "list", "--user", "root")}
    check(labels == {"right-index", "left-index"}, f"enrolments: {labels}")
    show("alice", 6)
    run("semblance", "authenticate", "--user", "root", "--label", "right-index", "--modality", "fingerprint")


def enrol():
    run("useradd", "--create-home", "alice")
    run("chpasswd", typed=f"alice:{PASSWORD}\n")
    show("alice", 1, 3, 4)
    run("semblance", "enroll", "--user", "alice", "--label", "right-index", "--samples", 3)
    show("alice", 6)
    run("semblance", "authenticate", "--user", "alice")
    show("mallory", 4)
    run("semblance", "authenticate", "--user", "alice", code=1)
    run("semblance", "unlock", "--user", "alice")
    findings = said_as_json("semblance", "doctor", "--user", "alice", code=None)
    bad = [entry for entry in findings if not entry["ok"]]
    check(not bad, f"doctor: {bad}")


def password_only():
    written(pathlib.Path(f"/etc/pam.d/{SERVICE}"), "@include common-auth\n@include common-account\n")
    check(login("alice", f"{PASSWORD}\n")[0], "the password is not taken")
    check(not login("alice", "wrong\n")[0], "a wrong password is taken")
    run("semblance", "pam", "status", "--service", SERVICE, code=1)


def asks_for_the_finger():
    """Every service, by pam-auth-update."""
    before = COMMON.read_bytes()
    shown = run("semblance", "pam", "enable", "--dry-run")
    check("+auth\t[success=2 default=ignore]\tpam_semblance.so confirm" in shown, shown)
    check(COMMON.read_bytes() == before, "--dry-run changed something")
    run("semblance", "pam", "enable", typed="", code=7)
    run("semblance", "pam", "enable", "--yes")
    run("semblance", "pam", "enable", "--yes")
    run("semblance", "pam", "status", "--service", SERVICE)
    try_logins()
    run("semblance", "pam", "disable", "--yes")
    check(COMMON.read_bytes() == before, "disable did not bring back what was there")


def one_service_asks():
    before = pathlib.Path(f"/etc/pam.d/{SERVICE}").read_bytes()
    run("semblance", "pam", "enable", "--service", SERVICE, "--yes")
    check("asks for face or finger, then the password" in run("semblance", "pam", "status", "--service", SERVICE), "status")
    run("semblance", "pam", "status", "--service", "login", code=1)
    try_logins()
    run("semblance", "pam", "disable", "--service", SERVICE, "--yes")
    check(pathlib.Path(f"/etc/pam.d/{SERVICE}").read_bytes() == before, "disable did not bring back what was there")


def try_logins():
    show("alice", 6)
    granted, said = login("alice", "\n")
    check(granted and "right index finger" in said, f"the finger is not taken: {said}")
    granted, said = login("alice", f"{PASSWORD}\n")
    check(granted, f"the password is not taken: {said}")
    show("mallory", 4)
    granted, said = login("alice", "\nwrong\n")
    check(not granted, f"somebody else's finger is taken: {said}")
    run("semblance", "unlock", "--user", "alice")
    # The daemon away: the password at once.
    run("systemctl", "stop", "semblanced.socket", "semblanced.service")
    granted, said = login("alice", f"{PASSWORD}\n")
    check(granted, f"the password is not taken without semblanced: {said}")
    run("systemctl", "start", "semblanced.socket")


def units():
    names = [path.name for path in pathlib.Path("/lib/systemd/system").glob("semblance*.s*")]
    said = run("systemd-analyze", "verify", "--man=no", *[name for name in names if "@" not in name])
    check(said.strip() == "", said)
    scores = []
    for name in ("semblanced.service", "semblance-sensor.service", "semblance-verifier.service"):
        (score,) = re.findall(r"exposure level for \S+: ([\d.]+)", run("systemd-analyze", "security", "--no-pager", name))
        scores.append(f"{name} {score}")
        check(float(score) < 2, f"{name} is exposed: {score}")
        limits = run("systemctl", "show", "--property=MemoryMax,TasksMax,LimitNOFILE", name)
        check("infinity" not in limits, f"{name}: {limits}")
    print("exposure:", ", ".join(scores), flush=True)
    # A daemon that is killed comes back.
    before = main_pid("semblance-verifier.service")
    run("systemctl", "kill", "--signal=KILL", "semblance-verifier.service")
    for _ in range(100):
        time.sleep(0.2)
        if main_pid("semblance-verifier.service") not in ("0", before):
            return
    raise Failure("semblance-verifier did not come back")


def as_sensor(pid, user, *command):
    """A command where the process of that sensor runs, as its user and with no more rights: what could be done who has taken it over."""
    ids = [f"--reuid={user}", f"--regid={user}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
    return subprocess.run(
        ["nsenter", f"--target={pid}", "--mount", "setpriv", *ids, *map(str, command)], capture_output=True, text=True
    )


def woken(name):
    """Connects to that sensor as the prover's user does, which starts it."""
    code = f"import socket; s = socket.socket(socket.AF_UNIX); s.settimeout(60); s.connect('/run/semblance-sensor/{name}'); " \
        "s.sendall(b'{\"method\": \"org.semblance.Sensor.GetInfo\"}' + bytes(1)); print(s.recv(9999))"
    said = run("setpriv", "--reuid=semblance", "--regid=semblance", "--clear-groups", "python3", "-c", code)
    check("modalities" in said, said)


def sensors_are_apart():
    """Each sensor has a user of its own: none reaches another's secret or process."""
    model = "/usr/share/semblance/fingerprint-v2.semblance-model"
    for name in ("one", "two"):
        written(ETC / f"sensor-{name}.json", {"tray": str(TRAY), "models": [model]})
        run("systemctl", "start", f"semblance-sensor@{name}.socket")
        woken(name)
    woken("sensor")
    secrets = {"one": "/var/lib/semblance-sensors/one/secret", "two": "/var/lib/semblance-sensors/two/secret",
               "": "/var/lib/semblance-sensor/secret"}
    pids = {name: main_pid(f"semblance-sensor@{name}.service" if name else "semblance-sensor.service") for name in secrets}
    users = {name: os.stat(f"/proc/{pid}").st_uid for name, pid in pids.items()}
    # Hardened processes show root there: their own word counts.
    for name, pid in pids.items():
        (line,) = re.findall(r"^Uid:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
        users[name] = int(line)
    check(len(set(users.values())) == 3 and 0 not in users.values(), f"users: {users}")
    for name, pid in pids.items():
        for other, secret in secrets.items():
            read = as_sensor(pid, users[name], "cksum", secret)
            check((read.returncode == 0) == (name == other), f"{name!r} reads {secret}: {read.returncode} {read.stderr}")
            if name == other:
                continue
            for deed in (["kill", "-0", pids[other]], ["ls", f"/proc/{pids[other]}/root/"], ["cat", f"/proc/{pids[other]}/environ"]):
                done = as_sensor(pid, users[name], *deed)
                check(done.returncode != 0, f"{name!r} of {other!r}: {deed}: {done.stdout}")
    # The secret stays over a restart, and the user that has it.
    before = {name: pathlib.Path(secret).read_bytes() for name, secret in secrets.items()}
    run("systemctl", "restart", "semblance-sensor@one.service")
    woken("one")
    check({name: pathlib.Path(secret).read_bytes() for name, secret in secrets.items()} == before, "a secret changed")
    check(len(set(before.values())) == 3, "two sensors have one secret")
    for name in ("one", "two"):
        run("systemctl", "stop", f"semblance-sensor@{name}.socket", f"semblance-sensor@{name}.service")
        (ETC / f"sensor-{name}.json").unlink()


def https_after_boot():
    """Prepares the HTTP side, on port 443 without a capability; the next boot looks at it."""
    tls = pathlib.Path("/etc/semblance/tls")
    tls.mkdir()
    run(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 30,
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", tls / "key.pem", "-out", tls / "chain.pem",
    )
    shutil.chown(tls / "key.pem", "semblance-verifier", "semblance-verifier")
    verifier = json.loads((ETC / "verifier.json").read_text())
    verifier["http"] = {
        "address": "127.0.0.1", "port": 8443, "origins": ["https://localhost"],
        "tls": {"certificate": str(tls / "chain.pem"), "key": str(tls / "key.pem")},
    }
    written(ETC / "verifier.json", verifier)
    run("systemctl", "enable", "semblance-verifier-http.socket")
    run("semblance", "pam", "enable", "--yes")


# -- second boot


def everything_is_up():
    for unit in ("semblanced.socket", "semblance-sensor.socket", "semblance-verifier.service", "semblance-verifier-http.socket"):
        check(run("systemctl", "is-active", unit, code=None).strip() == "active", f"{unit} is not up after a restart")
    context = ssl._create_unverified_context()
    with urllib.request.urlopen("https://127.0.0.1:443/v1/health", context=context, timeout=20) as answer:
        check(answer.status == 200, f"HTTPS answers {answer.status}")
    show("alice", 6)
    granted, said = login("alice", "\n")
    check(granted, f"the finger is not taken after a restart: {said}")


def removal_is_refused_where_a_rule_demands_the_module():
    mine = pathlib.Path("/etc/pam.d/mine")
    written(mine, "auth required pam_unix.so\nauth required pam_semblance.so\n")
    said = run("apt-get", "remove", "-y", "libpam-semblance", code=100)
    check("/etc/pam.d/mine" in said, said)
    check("pam_semblance.so" in COMMON.read_text(), "the stacks were changed all the same")
    written(mine, "auth [success=5 default=ignore] pam_rootok.so\n@include common-auth\nauth required pam_permit.so\n")
    said = run("apt-get", "remove", "-y", "libpam-semblance", code=100)
    check("/etc/pam.d/mine, line 1" in said, said)
    check("pam_semblance.so" in COMMON.read_text(), "the stacks were changed under a jump")
    mine.unlink()


def removal():
    """Stacks first; the password is what is left, and the vault."""
    run("semblance", "pam", "enable", "--service", SERVICE, "--yes")
    # A jump counts the line.
    counted = pathlib.Path("/etc/pam.d/counted")
    lines = "auth [success=2 default=ignore] pam_rootok.so\n{}\nauth required pam_unix.so\nauth required pam_permit.so\n"
    written(counted, lines.format("auth\tsufficient\tpam_semblance.so confirm"))
    run("apt-get", "remove", "-y", *PACKAGES)
    check(counted.read_text() == lines.format("auth\t[default=ignore]\tpam_permit.so"), counted.read_text())
    counted.unlink()
    for file in pathlib.Path("/etc/pam.d").iterdir():
        check("semblance" not in file.read_text(), f"{file} still names the module")
    check(login("alice", f"{PASSWORD}\n")[0], "the password is not taken after removal")
    check(not login("alice", "wrong\n")[0], "a wrong password is taken after removal")
    left = run("systemctl", "list-units", "--no-legend", "--plain", "--state=active", "semblance*")
    check(left.strip() == "", f"still there: {left}")
    check(pathlib.Path("/var/lib/semblance/vault.sqlite").exists(), "removal took the vault")
    for path in ("/usr/bin/semblance", "/usr/lib/semblance", "/usr/libexec/semblance", "/usr/share/semblance"):
        check(not pathlib.Path(path).exists(), f"{path} is left")


def purge():
    """Without an answer what is biometric goes, and the verifier's record stays; with one, that goes, too."""
    planted = pathlib.Path("/var/lib/semblance-sensor/planted/secret")
    planted.parent.mkdir()
    target = pathlib.Path("/etc/debian_version")
    before = target.read_bytes()
    planted.symlink_to(target)
    run("apt-get", "purge", "-y", *PACKAGES)
    check(target.read_bytes() == before, "purging followed a link")
    for path in ("/var/lib/semblance", "/var/lib/semblance-sensor", "/var/lib/private/semblance-sensors", "/var/backups/semblance", ETC / "prover.json", ETC / "sensor.json"):
        check(not pathlib.Path(path).exists(), f"{path} is left")
    check(pathlib.Path("/var/lib/semblance-verifier/verifier.sqlite").exists(), "the verifier's record went unasked")
    for user in ("semblance", "semblance-sensor"):
        check(status("getent", "passwd", user) != 0, f"user {user} is left")
    install("packages")
    question = "semblance-verifier semblance-verifier/destroy-record boolean true\nsemblance semblance/destroy-vault boolean false\n"
    run("debconf-set-selections", typed=question)
    pathlib.Path("/var/lib/semblance/vault.sqlite").touch()
    run("apt-get", "purge", "-y", *PACKAGES)
    check(not pathlib.Path("/var/lib/semblance-verifier").exists(), "the verifier's record is left")
    check(status("getent", "passwd", "semblance-verifier") != 0, "user semblance-verifier is left")
    check(pathlib.Path("/var/lib/semblance/vault.sqlite").exists(), "the vault went although the answer was no")
    shutil.rmtree("/var/lib/semblance")
    check(login("alice", f"{PASSWORD}\n")[0], "the password is not taken after purge")


def set_up():
    """From packages to a login that asks, by `semblance setup`."""
    install("packages")
    # This machine has no seat at which anybody could sit.
    drop_in = ETC / "prover.json.d" / "50-no-seat.json"
    drop_in.parent.mkdir(exist_ok=True)
    written(drop_in, {"presence": "none"})
    answers = ["--sensor", f"tray={TRAY}", "--audience", "login.example.org", "--user", "alice", "--label", "right-index",
               "--service", SERVICE]
    shown = run("semblance", "setup", "--dry-run", *answers)
    check('+  "audience": "login.example.org",' in shown and not (ETC / "verifier.json").exists(), shown)
    show("alice", 1, 3, 4, 6)
    start = time.monotonic()
    said = run("bash", "-c", 'umask 077; exec "$@"', "bash", "semblance", "setup", "--yes", *answers)
    seconds = time.monotonic() - start
    check("biometric" in said and said.rstrip().endswith("set up"), said)
    # Not at the start of a line, where run.py counts steps.
    print(textwrap.indent(said, "     "), f"    set up in {seconds:.1f} s", flush=True)
    again = run("semblance", "setup", "--yes", *answers)
    check("[3/3]" in again, f"a second run does something: {again}")
    run("semblance", "config", "check")
    show("alice", 6)
    granted, said = login("alice", "\n")
    check(granted, f"the finger is not taken after the set-up: {said}")
    # A file that changes while the services run: they are started anew.
    before = main_pid("semblanced.service")
    time.sleep(1.1)
    written(ETC / "prover.json", (ETC / "prover.json").read_text())
    run("semblance", "setup", "--yes", *answers)
    check(main_pid("semblanced.service") not in ("0", before), "semblanced runs on with an older configuration")


BOOTS = {
    "1": [no_toolchain, older_packages_install, previous_release, upgrade, enrol, password_only, asks_for_the_finger,
          one_service_asks, units, sensors_are_apart, https_after_boot],
    "2": [everything_is_up, removal_is_refused_where_a_rule_demands_the_module, removal, purge,
          set_up],
}


def main():
    for step in BOOTS[sys.argv[1]]:
        start = time.monotonic()
        name = step.__name__.replace("_", " ")
        try:
            step()
        except Exception as error:
            print(f"FAIL {name}: {error}", flush=True)
            print(run("journalctl", "--no-pager", "-n", 40, code=None), flush=True)
            sys.exit(1)
        print(f"ok   {name} ({time.monotonic() - start:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
