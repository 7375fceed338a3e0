"""`is-enrolled`, `audit` and `support-report` through the built programs."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import unittest

from harness import EnrolledSite, in_place_of

JOURNALCTL = "/usr/bin/journalctl"
JOURNAL = "#!/bin/sh\ncat '{lines}'\ncase \" $* \" in *' --follow '*) exec sleep 600;; esac\n"


def fake_journal(folder, entries):
    """A program that prints these entries, as journalctl would; bytes as they are."""
    lines = folder / "journal.lines"
    lines.write_bytes(b"".join((entry if isinstance(entry, bytes) else json.dumps(entry).encode()) + b"\n" for entry in entries))
    program = folder / "journal.sh"
    program.write_text(JOURNAL.format(lines=lines))
    program.chmod(0o755)
    return program


def entry(seconds, unit, message, priority=5, **values):
    fields = {f"SEMBLANCE_{name.upper()}": value for name, value in values.items()}
    readable = " ".join([message, *(f"{name}={value}" for name, value in values.items())])
    stamp = {"__REALTIME_TIMESTAMP": str(int(seconds * 1e6)), "_SYSTEMD_UNIT": f"{unit}.service", "PRIORITY": str(priority)}
    return {**stamp, "MESSAGE": readable, **fields}


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class IsEnrolledTests(EnrolledSite, unittest.TestCase):
    assurance = "match"

    def ask(self, *arguments, user=None, prover=None):
        place = ("--prover", prover or self.site.prover_socket)
        return self.site.cli("is-enrolled", *place, *arguments, user=user)

    def assert_silent(self, result, code):
        self.assertEqual((result.code, result.out, result.err), (code, "", ""), result)

    def test_the_exit_code_says_it(self):
        self.assert_silent(self.ask("--user", "sbl-alice"), 0)
        self.assert_silent(self.ask("--user", "sbl-bob"), 3)
        self.assert_silent(self.ask("--user", "sbl-alice", "--label", "right-index", "--modality", "fingerprint"), 0)
        self.assert_silent(self.ask("--user", "sbl-alice", "--label", "left"), 3)
        self.assert_silent(self.ask("--user", "sbl-alice", "--modality", "face"), 3)
        self.assert_silent(self.ask(user="sbl-alice"), 0)
        answer = self.ask("--user", "sbl-alice", "--json")
        self.assertEqual(answer.json, {"enrolled": True, "modalities": ["fingerprint"], "subject": "sbl-alice"})
        self.assertEqual(self.ask("--user", "sbl-bob", "--json").json["enrolled"], False)

    def test_it_tells_no_more_than_list(self):
        # Whoever is enrolled, and whoever there is: the same answer.
        answers = [self.ask("--user", name, user="nobody") for name in ("sbl-alice", "sbl-bob", "no-such-account")]
        for name, answer in zip(("sbl-alice", "sbl-bob", "no-such-account"), answers, strict=True):
            listed = self.site.cli("list", "--user", name, user="nobody")
            self.assertEqual((answer.code, answer.out, answer.err), (listed.code, listed.out, listed.err))
            self.assertEqual((answer.code, answer.err.replace(name, "x")), (7, answers[0].err.replace("sbl-alice", "x")))
        # Not by way of a service, either.
        services = self.site.base / "empty.d"
        services.mkdir(exist_ok=True)
        (services / "door").write_text("auth required pam_unix.so\n")
        with in_place_of("/etc/pam.d", services):
            asked = self.ask("--user", "sbl-bob", "--service", "door", user="nobody")
        self.assertEqual(asked.code, 7, asked)

    def test_a_service_takes_what_its_line_says(self):
        services = self.site.base / "services.d"
        services.mkdir()
        for name, arguments in (("any", ""), ("right", "label=right-index"), ("left", "label=left"), ("face", "modality=face")):
            (services / name).write_text(f"auth sufficient pam_semblance.so {arguments}\nauth required pam_unix.so\n")
        (services / "none").write_text("auth required pam_unix.so\n")
        (services / "other").write_text("auth required pam_deny.so\n")
        with in_place_of("/etc/pam.d", services):
            for name, code in (("any", 0), ("right", 0), ("left", 3), ("face", 3), ("none", 3), ("absent", 3)):
                self.assert_silent(self.ask("--user", "sbl-alice", "--service", name), code)
            self.assert_silent(self.ask("--user", "sbl-alice", "--service", "right", "--label", "left"), 3)
        self.assertEqual(self.ask("--service", "../passwd").code, 64)

    def test_what_is_wrong_is_not_taken_for_an_answer(self):
        result = self.ask("--user", "sbl-alice", prover=self.site.run_dir / "absent")
        self.assertEqual(result.code, 5, result)
        self.assertIn("cannot connect", result.err)
        self.assertEqual(self.ask("--modality", "ear").code, 64)


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class AuditTests(EnrolledSite, unittest.TestCase):
    assurance = "match"

    def setUp(self):
        self.assertEqual(self.site.authenticate().code, 0, self.site.logs())

    def audit(self, *arguments, journal=None, config=None, **options):
        with in_place_of(JOURNALCTL, journal or self.none()):
            return self.site.cli("audit", "--verifier-config", config or self.site.base / "verifier.json", *arguments, **options)

    def none(self):
        """What is no program."""
        file = self.site.base / "none"
        file.touch(0o644)
        return file

    def events(self, *arguments, **options):
        result = self.audit("--json", *arguments, **options)
        self.assertEqual(result.code, 0, result)
        return [json.loads(line) for line in result.out.splitlines()]

    def test_without_systemd_there_is_the_trail(self):
        events = self.events("--user", "sbl-alice")
        self.assertEqual(events[0]["event"], "enrolled")
        self.assertEqual({(event["event"], event["record"]) for event in events[1:]}, {("verified", "trail")})
        text = self.audit()
        self.assertIn("no systemd journal", text.err)
        self.assertIn("\tverifier\tenrolled\tsbl-alice\tfingerprint/right-index", text.out)
        self.assertEqual(self.events("--user", "sbl-bob"), [])
        self.assertEqual(self.events("--since", "2030-01-01"), [])
        self.assertEqual(len(self.events("--since", "2h")), len(self.events()))
        self.assertEqual(self.audit("--since", "yesterday").code, 64)

    def test_both_are_one_view_in_the_order_of_time(self):
        now = time.time()
        journal = fake_journal(
            self.site.base,
            [
                entry(now - 7200, "semblanced", "proof made", subject="sbl-alice", purpose="sudo", outcome="proof made", peer="0"),
                b"not JSON", b"[1]", b'{"MESSAGE": null}', b"x" * 1_000_000,
                entry(now - 3600, "semblance-verifier", "login verified", subject="sbl-alice", purpose="sudo"),
                entry(now - 3500, "sshd", "sbl-mallory is here", priority=2),
                entry(now - 3400, "semblance-sensor@camera", "a \x1b[31mred\nline\u202e", priority=3),
                {**entry(now + 3600, "semblanced", "x"), "MESSAGE": [112, 255, 10], "SEMBLANCE_SUBJECT": ["sbl-bob", "y"]},
            ],
        )
        events = self.events(journal=journal)
        self.assertEqual([event["time"] for event in events], sorted(event["time"] for event in events))
        told = [(event["source"], event["event"]) for event in events]
        self.assertEqual(told[0], ("prover", "proof made"))
        self.assertEqual(events[0] | {"time": ""}, {
            "time": "", "source": "prover", "event": "proof made", "subject": "sbl-alice", "purpose": "sudo", "origin": "uid:0",
            "record": "journal",
        })
        self.assertEqual(told[1][0], "sensor")
        self.assertTrue(events[1]["fault"])
        self.assertEqual((told[2], events[-1]["subject"]), (("verifier", "enrolled"), "sbl-bob"))
        # What the trail says is not said twice, and other units are not of this.
        self.assertNotIn(("verifier", "login verified"), told)
        self.assertNotIn("mallory", json.dumps(events))
        text = self.audit(journal=journal)
        self.assertEqual(len(text.out.splitlines()), len(events))
        for escape in ("\x1b", "\u202e"):
            self.assertNotIn(escape, text.out)
        # Without its trail the verifier's entries of the journal are all there is.
        alone = self.audit("--json", journal=journal, config="/nonexistent.json")
        self.assertIn('"event":"login verified"', alone.out)
        self.assertIn("no verifier is set up here", alone.err)
        neither = self.audit(config="/nonexistent.json")
        self.assertEqual(neither.code, 5, neither)

    def test_what_happens_is_followed_until_interrupted(self):
        journal = fake_journal(self.site.base, [entry(time.time() - 60, "semblanced", "proof made", subject="sbl-alice")])
        command = [self.site.bin / "semblance", "audit", "--follow", "--verifier-config", self.site.base / "verifier.json"]
        self.enterContext(in_place_of(JOURNALCTL, journal))
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
        )
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")))
        reader.start()
        try:
            self.site.wait_for(lambda: any("proof made" in line for line in lines), "the journal's event")
            before = sum("verified" in line for line in lines)
            self.assertEqual(self.site.authenticate().code, 0)
            self.site.wait_for(lambda: sum("verified" in line for line in lines) > before, "the login")
        finally:
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(timeout=10), 0)
            # Its programs have ended too, or the pipe would still be held.
            reader.join(timeout=10)
        self.assertFalse(reader.is_alive())

    def test_a_broken_chain_is_said(self):
        self.assertEqual(self.audit().code, 0)
        database = sqlite3.connect(self.site.base / "verifier-state" / "verifier.sqlite")
        row = database.execute("SELECT * FROM audit ORDER BY id LIMIT 1").fetchone()
        database.execute("DELETE FROM audit WHERE id = ?", row[:1])
        database.commit()
        try:
            result = self.audit("--json")
            self.assertEqual(result.code, 1, result)
            self.assertIn("damaged or was tampered with", result.err)
            self.assertIn('"event":"verified"', result.out)
        finally:
            database.execute(f"INSERT INTO audit VALUES ({','.join('?' * len(row))})", row)
            database.commit()
            database.close()


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class SupportReportTests(EnrolledSite, unittest.TestCase):
    assurance = "match"
    # Whatever of these is in a report has leaked.
    PLANTED = {
        "audience": "login.planted-audience.example", "host": "planted-host.example", "key": "5ec2e7" * 10 + "abcd", "token": "Zm9vYmFyUGxhbnRlZDEyMzQ1Njc4OTA=",
        "home": "/home/planted-home/tray", "mail": "planted.person@example.org", "address": "192.0.2.77", "label": "planted-label",
        "url": "https://planted-url.example:8443/v1", "six": "2001:db8::77:1", "blank": "/srv/Planted Blank/The Spot", "member": "planted-member",
    }

    def configuration(self):
        folder = self.site.base / "etc"
        folder.mkdir(exist_ok=True)
        planted = self.PLANTED
        files = {
            "prover.json": {
                "models": ["/usr/share/semblance/fingerprint-v2.semblance-model"], "presence": "session", "selfEnrol": False,
                "vault": planted["home"], "captureTimeoutSeconds": 20,
                "verifiers": {planted["audience"]: {"key": planted["key"], "origins": [planted["url"]]}, "key": {"key": planted["key"]}},
                planted["member"]: 1,
            },
            "verifier.json": {
                "audience": planted["audience"], "signingKey": f"{planted['home']}/key", "database": planted["blank"], "policy": {"assurance": "full", "models": []},
                "http": {"address": planted["address"], "administratorTokenHash": planted["key"], "trustedProxies": [planted["six"]]},
            },
            "sensor.json": '{"tray": "' + planted["home"],
        }
        for name, text in files.items():
            (folder / name).write_text(text if isinstance(text, str) else json.dumps(text))
            (folder / name).chmod(0o644)
        return folder

    def journal(self):
        planted, now = self.PLANTED, time.time()
        words = f"cannot read {planted['home']}/x of sbl-bob for {planted['mail']} at {planted['address']}, {planted['six']}"
        return fake_journal(
            self.site.base,
            [
                entry(now, "semblanced", "proof made", subject="sbl-alice", outcome="no match", label=planted["label"]),
                entry(now, "semblance-sensor", words, priority=3),
                entry(now, "semblanced", f"{planted['url']} has key {planted['key']} and token {planted['token']}", priority=3),
                entry(now, "semblanced", f"{planted['blank']}: locked; cannot read /mnt/Planted One/planted two/x.png", priority=3),
                entry(now, "semblanced", f"{planted['audience']} of SBL-ALICE, not ok", priority=4),
            ],
        )

    def test_no_planted_secret_and_no_name_is_in_it(self):
        label = self.PLANTED["label"]
        self.assertEqual(self.site.enroll(label=label, subject="sbl-bob", person="bob", numbers=(1, 2, 3)).code, 0, self.site.logs())
        file = self.site.base / "report.txt"
        self.enterContext(in_place_of("/etc/semblance", self.configuration()))
        self.enterContext(in_place_of(JOURNALCTL, self.journal()))
        how = ("--prover", self.site.prover_socket)
        result = self.site.cli("support-report", "-o", file, *how, "--verifier", self.site.verifier_socket())
        self.assertEqual(result.code, 0, result)
        self.assertEqual(file.read_text(), result.out)
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        secrets = [*self.PLANTED.values(), "sbl-alice", "sbl-bob", "planted", "spot", "verifier.semblance.test"]
        host = socket.gethostname()
        if len(host) > 3 and host != "localhost":
            secrets.append(host)
        secrets.append(self.site.cli("list", "--json").json[0]["verifierKey"])
        whole = result.out.lower()
        for secret in secrets:
            self.assertNotIn(secret.lower(), whole)
        # And what helps is there.
        for words in (
            "semblance 0.", "kernel: Linux", "distribution: ", "model " + self.site.policy["models"][0]["identity"], "presence: session",
            "selfEnrol: false", "captureTimeoutSeconds: 20", "policy.assurance: full", "Configuration sensor.json", "proof made",
            "outcome=no match", "/usr/share/semblance/fingerprint-v2.semblance-model", "prover: semblanced 0.",
        ):
            self.assertIn(words, result.out)
        document = self.site.cli("support-report", "--json", *how).json
        self.assertEqual(document[0]["title"], "System")
        for secret in secrets:
            self.assertNotIn(secret.lower(), json.dumps(document).lower())

    def test_it_is_written_where_it_may_be(self):
        target = self.site.base / "kept.txt"
        target.write_text("keep me")
        link = self.site.base / "link.txt"
        link.symlink_to(target)
        how = ("--prover", "/nonexistent")
        self.assertEqual(self.site.cli("support-report", "-o", link, *how).code, 0)
        self.assertEqual(target.read_text(), "keep me")
        result = self.site.cli("support-report", "-o", "/nonexistent/report", *how)
        self.assertEqual(result.code, 8, result)
        self.assertIn("does not answer", result.out)
