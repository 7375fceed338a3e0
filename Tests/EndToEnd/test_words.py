"""What people are told: no Swift value, no name of a protocol, the right cause, and one document for scripts."""

import json
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import threading
import unittest

from harness import BIN, FIXTURES, INSTALLED_CHECK, MODULE, MODULE_CHECK, EnrolledSite, free_port, in_place_of

PROGRAMS = ("semblance", "semblanced", "semblance-sensor", "semblance-verifier")
# A case name, a payload with its label, or a name of a protocol.
RAW = re.compile(r"\b[a-z]+[A-Z]\w*\b(?!\.)|\(\w+: |org\.semblance|Optional\(|NSCocoa|Swift\.|CodingKeys")
# What options and keys are called is written as people must write it.
SPELT = re.compile(r"captureTimeoutSeconds|selfEnrol|proverUser|LimitMEMLOCK|verifierKey")


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class WordsTests(EnrolledSite, unittest.TestCase):
    # What is shown here does not depend on the assurance, and `match` is fast.
    assurance = "match"

    def assertWords(self, result, code, *words):
        self.assertEqual(result.code, code, f"{result}\n{self.site.logs()}")
        self.assertIsNone(RAW.search(SPELT.sub("", result.err)), result)
        self.assertTrue(result.err.strip(), result)
        for word in words:
            self.assertIn(word, result.err)

    # -- mistakes of users

    def test_files_that_are_no_such_files(self):
        key = self.site.cli("status", "--json").json["verifier"]["verifierKey"]
        model, out = self.site.model, "/nonexistent/x"
        for code, words, command in (
            (8, ["is not a proof", "does not begin as such a file does"], ["verify", "/etc/passwd", "--verifier-key", key]),
            (8, ["cannot read /nonexistent", "no such file"], ["model", "inspect", "/nonexistent"]),
            (8, ["/etc/passwd is not a usable model"], ["model", "inspect", "/etc/passwd"]),
            (8, ["/dev/null is not a regular file"], ["model", "inspect", "/dev/null"]),
            (8, ["/etc/passwd: neither PNG, JPEG, PNM nor BMP"], ["model", "align", "/etc/passwd"]),
            (8, ["cannot write /nonexistent/x", "no such file"], ["model", "publish", model, "-o", out]),
            (8, ["cannot write /nonexistent/x"], ["model", "blind", model, "-o", out]),
            (8, ["/etc/passwd"], ["model", "run", "/etc/passwd", "/etc/passwd"]),
            (8, ["/etc/passwd: neither PNG"], ["model", "run", model, "/etc/passwd"]),
        ):
            with self.subTest(command=command):
                # The localiser need not be installed for what fails before it is used.
                if command[:2] == ["model", "align"]:
                    command = [*command, "--align", "finger128", "--localiser", FIXTURES / "models" / "finger-localiser.semblance-model"]
                if command[:2] == ["model", "run"]:
                    command = [*command, "--aligned"]
                self.assertWords(self.site.cli(*command), code, *words)

    def test_networks_that_are_none(self):
        calibration = FIXTURES / "calibration"
        empty, rubbish = self.site.base / "empty.onnx", self.site.base / "rubbish.onnx"
        empty.write_bytes(b"")
        rubbish.write_bytes(bytes(range(256)) * 20)
        for path, words in (
            (empty, "not an ONNX model"), (rubbish, "ONNX model"), ("/dev/null", "not a regular file"),
            ("/nonexistent.onnx", "no such file"),
        ):
            result = self.site.cli(
                "model", "import", path, "--calibration", calibration, "--modality", "fingerprint", "--name", "x",
                "-o", self.site.base / "x",
            )
            self.assertWords(result, 8, words)
            self.assertNotIn("operator set 0", result.err)

    def test_names_that_cannot_be(self):
        for words, arguments in (
            ("face or fingerprint, not 'iris'", ["--modality", "iris"]),
            ("at most 64 bytes, not 65", ["--label", "x" * 65]),
            ("the label is empty", ["--label", ""]),
            ("control characters", ["--label", "a\nb"]),
            ("name is empty", ["--user", ""]),
            ("digits only (12345)", ["--user", "12345"]),
        ):
            for command in ("enroll", "authenticate"):
                with self.subTest(command=command, arguments=arguments):
                    self.assertWords(self.site.cli(command, *arguments), 64, words)

    def test_a_modality_that_the_verifier_has_no_model_for(self):
        result = self.site.cli("enroll", "--user", "sbl-bob", "--modality", "face")
        self.assertWords(result, 8, "does not accept the request", "hint:")

    def test_enrol_is_understood(self):
        result = self.site.cli("enrol", "--user", "sbl-alice", "--label", "right-index")
        self.assertWords(result, 3, "there is such an enrolment already")

    # -- documents

    def test_json_is_one_document_also_on_failure(self):
        key = self.site.cli("status", "--json").json["verifier"]["verifierKey"]
        self.site.show(*self.site.finger("bob", 1))
        for code, name, command in (
            (1, "refused", ["authenticate", "--user", "sbl-alice", "--json"]),
            (3, "enrolment", ["authenticate", "--user", "sbl-bob", "--json"]),
            (8, "badInput", ["model", "inspect", "/etc/passwd", "--json"]),
            (8, "badInput", ["verify", "/etc/passwd", "--verifier-key", key, "--json"]),
            (64, "usage", ["authenticate", "--modality", "iris", "--json"]),
            (64, "usage", ["rotate", "--json"]),
        ):
            with self.subTest(command=command):
                result = self.site.cli(*command)
                self.assertEqual(result.code, code, result)
                error = result.json["error"]
                self.assertEqual(error["code"], name, result)
                self.assertTrue(error["message"])
                self.assertIn(error["message"].splitlines()[0], result.err)
        # A command that has said everything says no more.
        self.site.stop("verifier")
        try:
            result = self.site.cli("status", "--json")
            self.assertEqual(result.code, 5)
            self.assertIsNone(result.json.get("verifier"))
        finally:
            self.site.start_verifier()

    def test_verify_says_which_sensor_and_what_was_matched(self):
        proof, rotation = self.site.base / "a.proof", self.site.base / "r.proof"
        self.assertEqual(self.site.authenticate("sbl-alice", "alice", 6, "--save-proof", proof).code, 0)
        key = self.site.cli("status", "--json").json["verifier"]["verifierKey"]

        def verify(*arguments, file=proof):
            return self.site.cli("verify", file, "--model", self.site.published, "--verifier-key", key, *arguments)

        document = verify("--json").json
        sensor = document["sensorKey"]
        self.assertEqual(document["samples"], 1)
        self.assertRegex(document["template"], "^[0-9a-f]{64}$")
        self.assertFalse(document["sensorKeyChecked"])
        self.assertEqual(verify().out, f"biometric (sensor {sensor[:8]}.., not checked)\n")
        self.assertEqual(verify("--sensor-key", sensor).out, "biometric\n")
        self.assertTrue(verify("--sensor-key", sensor, "--json").json["sensorKeyChecked"])
        self.site.show(*self.site.finger("alice", 6))
        rotated = self.site.cli(
            "rotate", "--reblind", "--user", "sbl-alice", "--label", "right-index", "--save-proof", rotation
        )
        self.assertEqual(rotated.code, 0, rotated)
        saved = verify("--json", file=rotation).json
        self.assertEqual((saved["role"], saved["template"]), ("reblind", document["template"]))

    def test_busy_is_not_locked_out(self):
        port = free_port()
        config = self.site.verifier_config("crowded", http_port=port)
        document = json.loads(config.read_text())
        document["http"]["requestsPerMinute"] = 1
        config.write_text(json.dumps(document))
        self.site.start_verifier("crowded", config=config)
        url = f"http://127.0.0.1:{port}"
        results = [self.site.cli("authenticate", "--user", "sbl-alice", verifier=url) for _ in range(4)]
        crowded = [result for result in results if result.code == 9]
        self.assertTrue(crowded, results)
        for result in crowded:
            self.assertWords(result, 9, "too many requests")
            self.assertNotIn("-1 s", result.err)

    def test_every_error_of_semblanced_has_its_words(self):
        """Told by a daemon of the test's, in the middle of a command that needs one call only."""
        wait, unlock = "hint: try again in 7 s", "hint: only root lifts it ('semblance unlock')"
        mismatch = {"field": "audience", "expected": "a", "found": "b"}
        changed = {"audience": "a", "origin": "https://a.example", "pinned": "00", "offered": "11"}
        for name, parameters, code, *words in (
            ("NotAuthorized", {}, 7, "you may not do this for that user", "hint: run it as root"),
            ("NotEnrolled", {}, 3, "there is no such enrolment", "semblance enroll"),
            ("AlreadyEnrolled", {}, 3, "there is such an enrolment already", "rotate --refresh"),
            ("ChallengeRefused", {}, 1, "semblanced refused the verifier's challenge"),
            ("ChallengeMismatch", mismatch, 1, "the verifier says that it is b, but it is a that was asked"),
            ("VerifierKeyChanged", changed, 1, "has another key than before: 11, not 00"),
            ("NoMatch", {}, 1, "no match"),
            ("LockedOut", {"retryAfterSeconds": 7}, 4, "too many failed attempts", wait),
            ("LockedOut", {"retryAfterSeconds": -1}, 4, "too many failed attempts", unlock),
            ("SensorUnavailable", {"hint": "plug it in"}, 6, "the sensor is not available", "hint: plug it in"),
            ("PoorSample", {"hint": "too dark"}, 6, "no usable sample", "hint: too dark"),
            ("Busy", {}, 6, "another login is using the sensor"),
            ("PresenceRequired", {"reason": "it is remote"}, 7, "the sensor serves who is in front of it: it is remote"),
            ("ConsentRequired", {}, 7, "semblance agent"),
            ("ConsentRefused", {}, 1, "it was not allowed\n"),
            ("ConsentRefused", {"retryAfterSeconds": 7}, 1, "it was not allowed, as you have refused before", wait),
            ("TooManyProofs", {"retryAfterSeconds": 7}, 4, "too many logins in a short time", wait),
            ("StorageFailure", {"hint": "the disk is full"}, 70, "semblanced cannot store its data", "hint: the disk is full"),
        ):
            with self.subTest(name=name, parameters=parameters):
                path = self.site.base / "telling"
                path.unlink(missing_ok=True)
                with socket.socket(socket.AF_UNIX) as telling:
                    telling.bind(str(path))
                    telling.listen()
                    reply = json.dumps({"error": "org.semblance.Prover." + name, "parameters": parameters}).encode() + b"\0"

                    def tell():
                        with telling.accept()[0] as connection:
                            connection.recv(65536)
                            connection.sendall(reply)
                            connection.recv(1)

                    thread = threading.Thread(target=tell, daemon=True)
                    thread.start()
                    result = self.site.run([BIN / "semblance", "list", "--prover", path])
                    thread.join(10)
                self.assertWords(result, code, *words)

    def asked(self, caller):
        """What an agent's terminal shows of a question with that caller, and its answer when Enter is pressed."""
        path, answers = self.site.base / "asking", []
        path.unlink(missing_ok=True)
        question = {
            "id": "7", "audience": "here", "origin": "unix:/run/v", "purpose": "polkit-1", "role": "authenticate",
            "subject": "sbl-alice", "modality": "face", "label": "default", "presented": "your face", "caller": caller,
            "seconds": 20,
        }

        def ask(listening):
            with listening.accept()[0] as attending:
                attending.recv(65536)
                for parameters in ({}, question):
                    attending.sendall(json.dumps({"parameters": parameters, "continues": True}).encode() + b"\0")
                with listening.accept()[0] as answering:
                    answers.append(json.loads(answering.recv(65536).rstrip(b"\0"))["parameters"])
                    answering.sendall(b"{}\0")

        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            listening.listen()
            thread = threading.Thread(target=ask, args=[listening], daemon=True)
            thread.start()
            result = self.site.run([BIN / "semblance", "agent", "--prover", path], typed=b"\n", timeout=30)
            thread.join(10)
        self.assertEqual(answers, [{"id": "7", "allow": True}])
        return " ".join(result.screen.split())

    def test_a_question_says_whose_program_asks(self):
        bob = pwd.getpwnam("sbl-bob").pw_uid
        for caller, words in (
            ("pid 9 of user 1000", "asked by pid 9 of user 1000."),
            ("pid 9 of user 0", "asked by root's pid 9, maybe for somebody else."),
            (f"pid 9 of user 0 for user {bob}", "asked by root's pid 9, for a program of sbl-bob's."),
            ("pid 9 of user 0 for user 0", "asked by root's pid 9, for a program of root's."),
            ("pid 9 of user 0 for user 4000000000", "asked by root's pid 9, for a program of user 4000000000's."),
        ):
            with self.subTest(caller):
                self.assertIn(words, self.asked(caller))

    # -- mistakes of administrators

    def daemon(self, program, *arguments, user=None):
        return self.site.run([BIN / program, *arguments], user=user, timeout=30)

    def test_duplicate_keys_are_refused_by_every_program(self):
        path = self.site.base / "duplicate.json"
        for text, words in (
            ('{"selfEnrol": true,\n "captureTimeoutSeconds": 20,\n "selfEnrol": false}', 'line 3: the key "selfEnrol" is there twice'),
            ('{"selfEnrol": true,\n "\\u0073elfEnrol": false}', 'line 2: the key "selfEnrol" is there twice'),
            ('{"verifiers": {"h": "a",\n "h": "b"}}', 'line 2: the key "verifiers.h" is there twice'),
            ('{"selfEnrol": true, // lax\n}', "line 1: '/' may not stand there: JSON has no comments"),
            ('{"selfEnrol": true,\n}', "line 2: '}' may not stand there behind a comma"),
            ('{"captureTimeoutSeconds": 9.5}', "a whole number is wanted, not 9.5"),
        ):
            path.write_text(text)
            path.chmod(0o644)
            result = self.daemon("semblanced", "--config", path, "--vault", "/nonexistent", user="semblance")
            self.assertEqual(result.code, 1, result)
            self.assertIn(words, result.err)
        path.write_text('{"tray": "/a",\n "tray": "/b"}')
        result = self.daemon("semblance-sensor", "--config", path, user="semblance-sensor")
        self.assertIn('line 2: the key "tray" is there twice', result.err)
        document = json.loads(self.site.verifier_config("spare", http_port=9).read_text())
        text = json.dumps(document, indent=1)
        for old, new, words in (
            ('"audience"', '"audience": "a",\n "audience"', 'the key "audience" is there twice'),
            ('"port": 9', '"port": 9.5', "http.port: of the wrong type: a whole number is wanted, not 9.5"),
            ("{", "{ # mine\n", "JSON has no comments"),
        ):
            path.write_text(text.replace(old, new, 1))
            result = self.site.as_verifier("identity", "--config", path)
            self.assertEqual(result.code, 1, result)
            self.assertIn(words, result.err)

    def test_daemons_say_why_they_do_not_start(self):
        site = self.site
        private = site.base / "private.json"
        private.write_text("{}")
        private.chmod(0o600)
        sensor = ["--tray", site.tray, "--model", site.model, "--secret", site.base / "sensor-state" / "secret"]
        for program, user, arguments, words in (
            ("semblanced", "semblance", ["--model", "/etc/passwd", "--vault", site.base / "prover-state"],
             ["/etc/passwd", "does not begin as a model does"]),
            ("semblanced", "semblance", ["--config", private], ["user semblance", "may not read it", "chmod go+r"]),
            ("semblance-sensor", "semblance-sensor", [*sensor, "--socket", "/nonexistent/sensor", "--localiser",
             FIXTURES / "models" / "finger-localiser.semblance-model"],
             ["cannot make the socket /nonexistent/sensor", "No such file or directory"]),
            ("semblance-sensor", "semblance-sensor", [*sensor, "--localiser", "/etc/passwd"], ["is no localiser"]),
        ):
            with self.subTest(program=program, arguments=arguments):
                result = self.daemon(program, *arguments, user=user)
                self.assertWords(result, 1, *words)

    def test_root_is_told_to_run_as_the_services_user(self):
        for command in ("list", "check"):
            result = self.site.run([BIN / "semblance-verifier", command, "--config", self.site.base / "verifier.json"])
            self.assertNotEqual(result.code, 0, result)
            self.assertIn("runuser -u semblance-verifier -- semblance-verifier", result.err)

    def test_without_proc_nothing_runs_with_defaults(self):
        for program in PROGRAMS:
            result = self.site.run(
                ["unshare", "-m", "--propagation", "private", "sh", "-c",
                 'mount -t tmpfs none /proc && exec "$0" --version', BIN / program]
            )
            self.assertEqual(result.code, 70, result)
            self.assertEqual(result.out, "")
            self.assertEqual(result.err, f"{program}: cannot read its arguments; is /proc mounted?\n")

    def test_memory_that_cannot_be_locked_is_told(self):
        user = pwd.getpwnam("semblance")
        process = subprocess.Popen(
            ["prlimit", "--memlock=0:0", "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}",
             "--clear-groups", "--inh-caps=-all", BIN / "semblanced", "--vault", "/nonexistent"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        log, _ = process.communicate(timeout=20)
        self.assertIn("memory cannot be locked", log)
        quiet = self.daemon(
            "semblanced", "--vault", self.site.base / "of-root", "--socket", self.site.base / "nowhere" / "prover"
        )
        self.assertNotIn("memory cannot be locked", quiet.err + quiet.out)

    def test_the_uid_of_no_user_is_no_user(self):
        passwd = self.site.base / "passwd"
        lines = pathlib.Path("/etc/passwd").read_text()
        for uid, words in ((4294967295, "there is no account sbl-nouser"), (4294967294, None), (65535, None)):
            passwd.write_text(f"{lines}sbl-nouser:x:{uid}:100::/:/bin/false\n")
            passwd.chmod(0o644)
            result = self.site.run(
                ["unshare", "-m", "--propagation", "private", "sh", "-c", 'mount --bind "$0" /etc/passwd && exec "$@"',
                 passwd, BIN / "semblance", "enroll", "--user", "sbl-nouser", "--prover", "/nonexistent/p",
                 "--verifier", "/nonexistent/v"]
            )
            self.assertEqual("there is no account" in result.err, words is not None, result)
            self.assertEqual(result.code, 3 if words else 5, result)

    def test_one_version(self):
        versions = {self.site.run([BIN / program, "--version"]).out.strip() for program in PROGRAMS}
        self.assertEqual(versions, {"0.2.0"})
        self.assertEqual(self.site.cli("status", "--json").json["prover"]["version"], "0.2.0")

    # -- doctor

    def stack(self, **services):
        directory = self.site.base / "pam.d"
        directory.mkdir(exist_ok=True)
        for name, text in services.items():
            (directory / name.replace("_", "-")).write_text(text)
        return directory

    def doctor(self, *arguments, stack=None, **options):
        with in_place_of(INSTALLED_CHECK, MODULE.with_name(MODULE_CHECK)), in_place_of("/etc/pam.d", stack or "/etc/pam.d"):
            result = self.site.cli("doctor", "--json", *arguments, **options)
        return result, {entry["check"]: entry for entry in result.json}

    def test_doctor_says_whether_a_login_would_work(self):
        directory = self.stack(
            common_auth="auth [success=2 default=ignore] pam_semblance.so confirm\nauth [success=1 default=ignore] "
            "pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n",
            sudo="#%PAM-1.0\n@include common-auth\n", su="auth sufficient pam_rootok.so\nauth substack \\\n  common-auth\n",
            login="auth required pam_unix.so\n", bare="-auth required /lib/security/pam_semblance.so\n",
            loop="auth include loop\n", sshd="@include common-auth\n",
        )
        for service, asks, password in (
            ("sudo", True, True), ("su", True, True), ("login", False, None), ("bare", True, False), ("loop", False, None),
        ):
            _, findings = self.doctor("--user", "sbl-alice", "--service", service, stack=directory)
            self.assertEqual(findings["PAM stack"]["ok"], asks, service)
            if asks:
                self.assertEqual("hint" not in findings["password"], password, service)
        _, findings = self.doctor("--user", "sbl-alice", "--service", "sshd", stack=directory)
        self.assertFalse(findings["service"]["ok"])
        self.assertIn("right-index", findings["enrolment"]["detail"])
        _, findings = self.doctor("--user", "sbl-bob", "--service", "sudo", stack=directory)
        self.assertFalse(findings["enrolment"]["ok"])
        # Root need not put root behind a finger.
        _, findings = self.doctor()
        self.assertNotIn("enrolment", findings)
        _, findings = self.doctor("--user", "sbl-alice", user="sbl-bob")
        self.assertIn("only root", findings["enrolment"]["detail"])
        _, findings = self.doctor(user="sbl-alice")
        self.assertTrue(findings["enrolment"]["ok"])

    def in_session(self, **values):
        """A wrapper that shows sbl-alice in a session, or in none."""
        fake = self.site.base / "logind"
        shutil.rmtree(fake, ignore_errors=True)
        (fake / "sessions").mkdir(parents=True)
        (fake / "users").mkdir()
        uid = pwd.getpwnam("sbl-alice").pw_uid
        if values:
            session = {"UID": uid, "ACTIVE": 1, "REMOTE": 0, "SEAT": "seat0"} | values
            (fake / "sessions" / "5").write_text("".join(f"{key}={value}\n" for key, value in session.items()))
            (fake / "users" / str(uid)).write_text("SESSIONS=5\n")
        return ["unshare", "-m", "--propagation", "private", "sh", "-c", f'mount --bind {fake} /run/systemd && exec "$@"', "sh"]

    def module_stack(self, arguments="confirm"):
        paths = f"verifier={self.site.verifier_socket()} prover={self.site.prover_socket}"
        return self.stack(sudo=f"auth sufficient {MODULE} {paths} {arguments}\nauth required pam_unix.so\n")

    def test_doctor_makes_the_modules_own_checks(self):
        arguments = ["--user", "sbl-alice", "--service", "sudo"]
        stack = self.module_stack()
        result, findings = self.doctor(*arguments, stack=stack, wrapper=self.in_session(ACTIVE=1))
        self.assertEqual(result.code, 0, result)
        self.assertEqual(findings["challenge"]["detail"], "asks for your right index finger")
        self.assertEqual(findings["place"]["detail"], "sbl-alice is in front of this computer")
        # The person himself: by where the program runs.
        with open("/proc/self/cgroup", encoding="utf-8") as groups:
            in_unit = re.search(r"\.(service|scope)", groups.read())
        result, findings = self.doctor(*arguments, stack=stack, user="sbl-alice", wrapper=self.in_session(ACTIVE=1))
        self.assertEqual(findings["challenge"]["detail"], "asks for your right index finger")
        self.assertIn("question", findings)
        if not in_unit:
            self.assertEqual(result.code, 0, result)
        if os.path.exists("/usr/bin/sudo"):
            # At a terminal, where sudo's question would come.
            _, findings = self.doctor(*arguments, stack=stack, user="sbl-alice", wrapper=self.in_session(ACTIVE=1), typed=b"")
            self.assertEqual(findings["question"]["detail"], "asked at this terminal")

    def test_doctor_says_what_the_module_would_refuse(self):
        for what, words, session, arguments in (
            ("place", "no active session on a seat", {"ACTIVE": 0}, "confirm"),
            ("place", "no active session on a seat", {"REMOTE": 1}, "confirm"),
            ("place", "nothing is known", {}, "confirm"),
            ("arguments", "bad argument: confirm=1", {"ACTIVE": 1}, "confirm=1"),
            ("challenge", "not enrolled", {"ACTIVE": 1}, "label=left-thumb"),
        ):
            with self.subTest(what=what, session=session):
                result, findings = self.doctor(
                    "--user", "sbl-alice", "--service", "sudo", stack=self.module_stack(arguments),
                    wrapper=self.in_session(**session),
                )
                self.assertEqual(result.code, 5, result)
                self.assertFalse(findings[what]["ok"])
                self.assertIn(words, findings[what]["detail"])
        with in_place_of("/etc/pam.d", self.module_stack()), in_place_of(INSTALLED_CHECK.parent, self.site.tray):
            result = self.site.cli("doctor", "--user", "sbl-alice", "--service", "sudo")
        self.assertIn(f"{INSTALLED_CHECK} is not installed", result.out)


if __name__ == "__main__":
    unittest.main()
