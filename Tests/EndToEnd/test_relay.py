"""Takeovers by relay: a site that the victim answers wants to be logged in as the victim elsewhere."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
import unittest

from harness import Site, free_port
from hostile_verifier import HostileVerifier, SigningKey, field
from varlink_client import Attending, Connection, decode, encode, expectation

AS_ROOT = "end-to-end tests run the daemons as their own users, which takes root"
PROVER = "org.semblance.Prover."
ALICE = ["--user", "sbl-alice", "--modality", "fingerprint", "--label", "right-index"]


class RemoteSite(unittest.TestCase):
    """Alice is enrolled at a good verifier over HTTP."""

    @classmethod
    def setUpClass(cls):
        cls.site = site = Site()
        cls.addClassCleanup(site.close)
        cls.port = free_port()
        cls.good = f"http://127.0.0.1:{cls.port}"
        site.start_sensor()
        site.start_prover("--self-enrol")
        site.start_verifier("good", http_port=cls.port, http={"requestsPerMinute": 10_000}, selfEnrol=True)
        enrolled = cls.enrol_at(cls.good, "good")
        assert enrolled.code == 0, f"{enrolled}\n{site.logs()}"

    @classmethod
    def token(cls, name, subject="sbl-alice"):
        made = cls.site.as_verifier("enrol-token", "--config", cls.site.base / f"{name}.json", "--subject", subject)
        assert made.code == 0, made
        return made.out.strip()

    @classmethod
    def enrol_at(cls, url, name, *arguments, **options):
        cls.site.show(*cls.site.finger("alice", 1, 3, 4))
        return cls.site.cli(
            "enroll", *ALICE, "--samples", "3", "--enrolment-token", cls.token(name), *arguments, verifier=url, **options
        )

    def setUp(self):
        # Also clears the counters of unanswered challenges.
        self.assertCode(self.site.authenticate(verifier=self.good), 0)

    def assertCode(self, result, code):
        self.assertEqual(result.code, code, f"{result}\n{self.site.logs()}")

    def assertRefused(self, result, *words):
        """Exit 1 with these words."""
        self.assertCode(result, 1)
        for word in words:
            self.assertIn(word, result.err)
        self.assertEqual(result.out, "")

    def proofs(self):
        return (self.site.base / "prover.log").read_text().count(" proved")


@unittest.skipUnless(os.geteuid() == 0, AS_ROOT)
class RelayTests(RemoteSite):
    def attack(self, evil, command, *words):
        """The victim runs a command at the attacker's site: refused, no proof was made, and the attacker has no token."""
        before = self.proofs()
        self.site.show(*self.site.finger("alice", 6))
        result = self.site.cli(*command, verifier=evil.url)
        self.assertRefused(result, *words)
        self.assertEqual(self.proofs(), before)
        self.assertEqual(evil.tokens, [])
        for path in ("/v1/verify", "/v1/enrol", "/v1/rotate"):
            self.assertEqual(evil.asked(path), [], "nothing was handed in")

    def login(self, *arguments):
        return ["authenticate", "--user", "sbl-alice", "--purpose", "newsletter", *arguments]

    def test_own_client_key(self):
        """The attacker lets the victim prove for his key, signs with it, and has the token."""
        with HostileVerifier(self.good) as evil:

            def challenge(server, body):
                mine = body | {"clientKey": encode(server.key.public), "purpose": "newsletter"}
                return server.relay("/v1/challenge", mine)

            def takeover(server, body):
                proof = decode(body["proof"])
                digest = hashlib.sha512(proof).digest()
                for members in (
                    {"clientSignature": encode(server.key.sign(b"semblance client v1" + digest))},
                    {"origin": self.good, "clientSignature": encode(
                        server.key.sign(b"semblance client v2" + field(self.good) + digest)
                    )},
                ):
                    server.relay("/v1/verify", {"proof": body["proof"]} | members)
                return 500, {"error": "internal"}

            evil.answers = {"/v1/challenge": challenge, "/v1/verify": takeover}
            self.attack(evil, self.login(), evil.url, self.good, "in your name")

    def test_victims_client_key(self):
        """Comparing the client key alone is no repair: the attacker passes the victim's on, and her signature too."""
        with HostileVerifier(self.good) as evil:
            self.attack(evil, self.login(), evil.url, self.good, "in your name")
            self.assertEqual(len(evil.asked("/v1/challenge")), 1)

    def test_victims_signature(self):
        """A prover that proved it all the same would have signed for the attacker's place; that is worth nothing."""
        with Connection(self.site.prover_socket) as prover, HostileVerifier(self.good) as evil:
            key = prover.call(PROVER + "DeviceKey", subject="sbl-alice", origin=self.good)["clientKey"]
            answer = evil.relay("/v1/challenge", {"subject": "sbl-alice", "purpose": "test", "clientKey": key})
            challenge = answer[1]["challenge"]
            self.site.show(*self.site.finger("alice", 6))
            expected = expectation("", "sbl-alice", origin=self.good)
            with Attending(self.site.prover_socket):
                made = prover.call(PROVER + "Prove", more=True, challenge=challenge, expected=expected)
            for origin in (evil.url, "https://elsewhere.example", self.good + "/"):
                status, _ = evil.relay("/v1/verify", {
                    "proof": made["proof"], "clientSignature": made["clientSignature"], "origin": origin
                })
                self.assertEqual(status, 403, origin)
            self.assertEqual(evil.tokens, [])
            status, _ = evil.relay("/v1/verify", {
                "proof": made["proof"], "clientSignature": made["clientSignature"], "origin": self.good
            })
            self.assertEqual(status, 200)

    def change(self, path="/v1/challenge", **members):
        """The good verifier's challenge, for something else than the victim asked."""
        return lambda server, body: server.relay(path, body | members)

    def test_other_fields(self):
        """Another person, purpose, finger: each is named."""
        cases = (
            ({"purpose": "bank.example"}, [], ["for bank.example, not newsletter"]),
            ({"subject": "sbl-bob"}, [], ["about sbl-bob, not sbl-alice"]),
            ({"label": "left-index"}, ["--label", "right-index"], ["label left-index, not right-index"]),
        )
        for members, arguments, words in cases:
            with self.subTest(members), HostileVerifier(self.good) as evil:
                evil.answers = {"/v1/challenge": self.change(**members)}
                self.attack(evil, self.login(*arguments), *words)

    def test_other_roles(self):
        """Asked to log in, the prover must not rotate or enrol, and the other way round."""
        rotation = {"modality": "fingerprint", "label": "right-index", "kind": "reblind", "samples": 1}

        def rotate(server, body):
            asked = {"subject": body["subject"], "clientKey": body["clientKey"]} | rotation
            return server.relay("/v1/rotate/challenge", asked)

        def enrol(server, body):
            asked = {
                "subject": body["subject"], "clientKey": body["clientKey"], "modality": "fingerprint",
                "label": "thumb", "samples": 1, "enrolmentToken": self.token("good"),
            }
            return server.relay("/v1/enrol/challenge", asked)

        def login(server, body):
            asked = {"subject": body["subject"], "clientKey": body["clientKey"], "purpose": "bank.example"}
            return server.relay("/v1/challenge", asked)

        with HostileVerifier(self.good) as evil:
            evil.answers = {"/v1/challenge": rotate}
            self.attack(evil, self.login(), "to reblind, not authenticate")
            evil.answers = {"/v1/challenge": enrol}
            self.attack(evil, self.login(), "to enrol, not authenticate")
            evil.answers = {"/v1/rotate/challenge": login}
            self.attack(evil, ["rotate", "--reblind", *ALICE], "to authenticate, not reblind")
            evil.answers = {"/v1/rotate/challenge": self.change(
                "/v1/rotate/challenge", kind="refresh", samples=1
            )}
            self.attack(evil, ["rotate", "--reblind", *ALICE], "to refresh, not reblind")
            evil.answers = {"/v1/identity": evil.identity("evil.example"), "/v1/enrol/challenge": login}
            command = ["enroll", *ALICE, "--samples", "1", "--enrolment-token", "semblance-enrol-x"]
            self.attack(
                evil, [*command, "--verifier-key", evil.key.public.hex()], "to authenticate, not enrol"
            )

    def test_more_samples(self):
        with HostileVerifier(self.good) as evil:
            evil.answers = {"/v1/rotate/challenge": self.change("/v1/rotate/challenge", samples=5)}
            self.attack(evil, ["rotate", "--refresh", "--samples", "2", *ALICE], "samples: 5, not 2")

    def test_local_process(self):
        """Processes that speak to the prover themselves: another user's gets nothing for alice, whatever he says of
        the origin; one of alice's own gets nothing for a key that is not the prover's."""
        script = (
            "import sys; sys.path.insert(0, sys.argv[1])\n"
            "from varlink_client import *\n"
            "prover = Connection(sys.argv[2])\n"
            "for method, parameters in (\n"
            "    ('DeviceKey', dict(subject='sbl-alice', origin=sys.argv[4])),\n"
            "    ('Prove', dict(challenge=sys.argv[3], expected=expectation('', 'sbl-alice', origin=sys.argv[4]))),\n"
            "):\n"
            "    try:\n"
            "        prover.call('org.semblance.Prover.' + method, **parameters)\n"
            "        print('done')\n"
            "    except VarlinkError as error:\n"
            "        print(error.name.rsplit('.')[-1], error.parameters.get('field', ''))\n"
        )
        attacker = SigningKey()
        helpers = os.path.dirname(os.path.abspath(__file__))
        before = self.proofs()
        with HostileVerifier(self.good) as evil:
            body = {"subject": "sbl-alice", "purpose": "test", "clientKey": encode(attacker.public)}
            challenge = evil.relay("/v1/challenge", body)[1]["challenge"]
            for user, origin, words in (
                ("sbl-bob", self.good, ["NotAuthorized", "NotAuthorized"]),
                ("sbl-bob", evil.url, ["NotAuthorized", "NotAuthorized"]),
                ("sbl-alice", self.good, ["done", "ChallengeMismatch clientKey"]),
                ("sbl-alice", evil.url, ["done", "ChallengeMismatch origin"]),
                ("sbl-alice", "unix:/run/x", ["done", "ChallengeMismatch origin"]),
            ):
                result = self.site.run(
                    [sys.executable, "-B", "-c", script, helpers, self.site.prover_socket, challenge, origin], user=user
                )
                lines = [line.strip() for line in result.out.splitlines()]
                self.assertEqual(lines, words, f"{user} {origin} {result}")
        self.assertEqual(self.proofs(), before)

    def test_unknown_account(self):
        """Nobody is asked for somebody whom this machine does not know."""
        with HostileVerifier(self.good) as evil:
            result = self.site.cli("authenticate", "--user", "nobody-at-all", verifier=evil.url)
            self.assertCode(result, 3)
            self.assertIn("no account nobody-at-all", result.err)
            self.assertEqual(evil.requests, [])

    def test_redirect(self):
        """A request is not sent on to another place, whose answers would be taken for the first one's."""
        with HostileVerifier(self.good) as evil:
            for status in (301, 302, 307, 308):
                evil.answers["/v1/challenge"] = lambda _, body: (
                    status, {}, {"Location": self.good + "/v1/challenge"}
                )
                self.site.show(*self.site.finger("alice", 6))
                result = self.site.cli(*self.login(), verifier=evil.url)
                self.assertCode(result, 5)
                self.assertIn("elsewhere", result.err)
            self.assertEqual(len(evil.asked("/v1/challenge")), 4)

    def test_huge_answer(self):
        """The client reads a megabyte and no more."""
        mebibyte, count = 1 << 20, 1 << 10
        announced = {"Content-Length": mebibyte * count}, b" " * mebibyte
        chunked = {"Transfer-Encoding": "chunked"}, b"100000\r\n" + b" " * mebibyte + b"\r\n"
        # A process's greatest size is never less than that of the one that started it, this one: hence the difference.
        _, _, usual = self.measure("status", "--verifier", self.good)
        for headers, chunk in (announced, chunked):
            with self.subTest(headers), HostileVerifier(self.good) as evil:
                evil.answers = {"/v1/challenge": lambda *_: (200, (chunk for _ in range(count)), headers)}
                start = time.monotonic()
                code, text, usage = self.measure(*self.login(), "--verifier", evil.url)
                self.assertEqual(code, 5, text)
                self.assertIn("more than 1048576 bytes", text)
                self.assertLess(usage.ru_maxrss, max(usual.ru_maxrss, 48 << 10) + (16 << 10), "kilobytes")
                self.assertLess(time.monotonic() - start, 20)

    def measure(self, *arguments):
        """Exit status, standard error and use of resources of one command."""
        command = [self.site.bin / "semblance", *arguments, "--prover", self.site.prover_socket]
        with subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE, text=True) as process:
            text = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, text, usage


@unittest.skipUnless(os.geteuid() == 0, AS_ROOT)
class TokenTests(RemoteSite):
    """An enrolment token is shown to the verifier that issued it only."""

    def enrol(self, evil, token, *arguments):
        self.site.show(*self.site.finger("alice", 1, 3, 4))
        command = ["enroll", "--user", "sbl-alice", "--label", "thumb", "--samples", "3", "--enrolment-token", token]
        return self.site.cli(*command, *arguments, verifier=evil.url)

    def assertNotSent(self, evil, token):
        for path, body in evil.requests:
            self.assertNotIn(token, str(body), path)

    def test_look_alike(self):
        token = self.token("good")
        with HostileVerifier(self.good) as evil:
            # It passes the question on: the good verifier does not sign for another's place.
            self.assertCode(self.enrol(evil, token), 1)
            # It asks for the good one's place: the answer is not about the place that was asked.
            evil.answers = {"/v1/identity": lambda server, body: server.relay(
                "/v1/identity", body | {"origin": self.good}
            )}
            result = self.enrol(evil, token)
            self.assertCode(result, 1)
            self.assertIn("does not hold the key", result.err)
            # It answers for itself: the token is for another key.
            evil.answers = {"/v1/identity": evil.identity("good.semblance.test")}
            result = self.enrol(evil, token)
            self.assertCode(result, 1)
            self.assertIn("it was not sent", result.err)
            self.assertEqual(len(evil.asked("/v1/identity")), 3)
            self.assertNotSent(evil, token)

    def test_tokens_of_earlier_versions(self):
        """They say nothing of the verifier, so the user must, or an earlier enrolment."""
        token = "semblance-enrol-c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U"
        with HostileVerifier(self.good) as evil:
            evil.answers = {"/v1/identity": evil.identity("evil.example")}
            result = self.enrol(evil, token)
            self.assertCode(result, 1)
            self.assertIn("--verifier-key", result.err)
            other = SigningKey()
            result = self.enrol(evil, token, "--verifier-key", other.public.hex())
            self.assertCode(result, 1)
            self.assertNotSent(evil, token)
            # The key that the administrator named: now it is sent, and refused as no token of his.
            result = self.enrol(evil, token, "--verifier-key", evil.key.public.hex())
            self.assertCode(result, 1)
            self.assertEqual([body["enrolmentToken"] for body in evil.asked("/v1/enrol/challenge")], [token])
        # At the good verifier alice is enrolled, so its key is known.
        self.site.show(*self.site.finger("alice", 1, 3, 4))
        command = ["enroll", "--user", "sbl-alice", "--label", "thumb", "--samples", "3", "--enrolment-token", token]
        result = self.site.cli(*command, verifier=self.good)
        self.assertCode(result, 1)
        self.assertIn("the verifier refused", result.err)


@unittest.skipUnless(os.geteuid() == 0, AS_ROOT)
class ChangedKeyTests(RemoteSite):
    def test_both_keys_and_the_way_out(self):
        def key():
            return self.site.cli("status", "--json", verifier=self.good).json["verifier"]["verifierKey"]

        old = key()
        self.site.stop("good")
        for file in (self.site.base / "good-state").iterdir():
            file.unlink()
        self.site.start_verifier("good", config=self.site.base / "good.json")
        new = key()
        self.assertNotEqual(old, new)
        before = self.proofs()
        for result in (
            self.site.authenticate(verifier=self.good), self.enrol_at(self.good, "good", "--label", "thumb")
        ):
            self.assertRefused(result, old, new, self.good, "revoke --local-only --audience good.semblance.test")
        self.assertEqual(self.proofs(), before)
        self.assertCode(
            self.site.cli("revoke", "--local-only", "--audience", "good.semblance.test", *ALICE), 0
        )
        self.assertCode(self.enrol_at(self.good, "good"), 0)
        self.assertCode(self.site.authenticate(verifier=self.good), 0)


@unittest.skipUnless(os.geteuid() == 0, AS_ROOT)
class WebTests(unittest.TestCase):
    """With TLS, a verifier's name is the host's; the client runs where good.test and evil.test are this machine."""

    @classmethod
    def setUpClass(cls):
        cls.site = site = Site()
        cls.addClassCleanup(site.close)
        cls.web = site.base / "web"
        cls.web.mkdir()
        cls.authority()
        site.start_sensor()
        site.start_prover()
        cls.ports = {}
        for name in ("good", "evil"):
            cls.ports[name] = free_port()
            tls = {
                "certificate": str(site.base / f"{name}-state" / "chain.pem"),
                "key": str(site.base / f"{name}-state" / "tls-key.pem"),
            }
            # The look-alike says that it is good.test as well.
            http = {"tls": tls, "requestsPerMinute": 10_000, "origins": [cls.url(name)]}
            config = site.verifier_config(name, audience="good.test", http_port=cls.ports[name], http=http)
            cls.certificate(name)
            site.start_verifier(name, config=config)

    @classmethod
    def url(cls, name):
        return f"https://{name}.test:{cls.ports[name]}"

    @classmethod
    def openssl(cls, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, cwd=cls.web)

    @classmethod
    def authority(cls):
        cls.openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=Semblance test", "-keyout", "ca.key", "-out", "ca.pem",
        )
        (cls.web / "hosts").write_text("127.0.0.1 localhost good.test evil.test\n")

    @classmethod
    def certificate(cls, name):
        state = cls.site.base / f"{name}-state"
        cls.openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}.test",
            "-keyout", state / "tls-key.pem", "-out", f"{name}.csr",
        )
        (cls.web / "extensions").write_text(f"subjectAltName=DNS:{name}.test\n")
        cls.openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2",
            "-extfile", "extensions", "-out", state / "chain.pem",
        )
        for file in ("tls-key.pem", "chain.pem"):
            (state / file).chmod(0o600)
            shutil.chown(state / file, "semblance-verifier", "semblance-verifier")

    def cli(self, *arguments, verifier):
        """The client in a mount namespace of its own, where the test's authority is the only one."""
        script = (
            "mount --bind \"$0/ca.pem\" /etc/ssl/certs/ca-certificates.crt && "
            "mount --bind \"$0/hosts\" /etc/hosts && exec \"$@\""
        )
        return self.site.run([
            "unshare", "--mount", "sh", "-c", script, self.web, self.site.bin / "semblance", *arguments,
            "--prover", self.site.prover_socket, "--verifier", verifier,
        ], typed=b"\n")

    def enrol(self, name):
        made = self.site.as_verifier(
            "enrol-token", "--config", self.site.base / f"{name}.json", "--subject", "sbl-alice"
        )
        self.assertEqual(made.code, 0, made)
        self.site.show(*self.site.finger("alice", 1, 3, 4))
        return self.cli(
            "enroll", *ALICE, "--samples", "3", "--enrolment-token", made.out.strip(), verifier=self.url(name)
        )

    def test_squatting(self):
        """A look-alike with a certificate of its own cannot take good.test's name; good.test then enrols fine."""
        squatted = self.enrol("evil")
        self.assertEqual(squatted.code, 1, f"{squatted}\n{self.site.logs()}")
        self.assertIn("says that it is good.test, but it is evil.test", squatted.err)
        self.assertEqual(self.site.cli("list", "--json").json, [])
        enrolled = self.enrol("good")
        self.assertEqual(enrolled.code, 0, f"{enrolled}\n{self.site.logs()}")
        self.site.show(*self.site.finger("alice", 6))
        login = self.cli("authenticate", "--user", "sbl-alice", verifier=self.url("good"))
        self.assertEqual((login.code, login.out), (0, "biometric\n"), login)
        self.assertEqual([entry["origin"] for entry in self.site.cli("list", "--json").json], [self.url("good")])
        # A certificate for another name, and one that nobody vouches for.
        wrong = self.cli("authenticate", "--user", "sbl-alice", verifier=f"https://good.test:{self.ports['evil']}")
        self.assertEqual(wrong.code, 5, wrong)
        unknown = self.site.cli("authenticate", "--user", "sbl-alice", verifier=f"https://127.0.0.1:{self.ports['good']}")
        self.assertEqual(unknown.code, 5, unknown)


if __name__ == "__main__":
    unittest.main()
