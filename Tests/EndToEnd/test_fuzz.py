"""What strangers may send to the programs: requests and calls that were changed, cut, repeated and spliced. Each process must
live, and answer what is well-formed afterwards; what it answers to the rest is its own affair, as long as that is no fault of
its own. (Decoders are fuzzed apart, guided by their coverage: scripts/fuzz.sh.)

FUZZ_SECONDS is how long each of them runs, FUZZ_SEED what the changes are drawn from. What brought a process down is kept in
.build/fuzz/found.
"""

import base64
import hashlib
import http.client
import json
import os
import random
import re
import socket
import time
import unittest

from harness import ROOT, EnrolledSite, free_port
from varlink_client import Connection

FOUND = ROOT / ".build" / "fuzz" / "found"
SECONDS = float(os.environ.get("FUZZ_SECONDS", "8"))
SEED = int(os.environ.get("FUZZ_SEED", time.time_ns() % 1_000_000_007))
TOKENS = [
    b"0", b"-1", b"18446744073709551616", b"1e999", b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"{}", b"[]", b"null", b"\\u0000",
    b"\\ud800", b"\r\n", b"\r\n\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n",
    b"ffffffffffffffff\r\n", b"chunked", b"HTTP/1.1", b"=" * 5, b"[" * 40, b'"a":' * 9, b"A" * 300,
]


def changed(message, others, draw):
    """The message after one to four changes."""
    data = bytearray(message)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(data) + 1)
        length = draw.choice((1, 2, 4, 16, 64))
        match draw.randrange(8):
            case 0 if at < len(data):
                data[at] ^= 1 << draw.randrange(8)
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = data[at : at + length] * draw.choice((1, 2, 30))
            case 3:
                data[at:at] = draw.choice(TOKENS)
            case 4:
                data[at : at + length] = draw.choice(TOKENS)
            case 5:
                other = draw.choice(others)
                data[at:] = other[draw.randrange(len(other)) :]
            case 6:
                del data[at:]
            case _:
                numbers = list(re.finditer(rb"\d+", bytes(data)))
                if numbers:
                    number = draw.choice(numbers)
                    data[number.start() : number.end()] = draw.choice((b"0", b"-1", b"2147483648", b"9223372036854775808"))
    return bytes(data)


def exchange(address, data, family=socket.AF_INET):
    """Sends the bytes, and nothing more; what came back within a moment."""
    reply = b""
    with socket.socket(family) as connection:
        connection.settimeout(2)
        try:
            connection.connect(address)
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while len(reply) < 1 << 20 and (chunk := connection.recv(65536)):
                reply += chunk
        except OSError:
            pass
    return reply


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class FuzzTests(EnrolledSite, unittest.TestCase):
    assurance = "match"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(cls.site.close)
        cls.port = free_port()
        options = {"requestsPerMinute": 1_000_000, "maximumConnectionsPerAddress": 512, "administratorTokenHash": "5d" * 32}
        cls.site.start_verifier("remote", http_port=cls.port, http=options)

    @classmethod
    def tearDownClass(cls):
        pass

    def fuzz(self, name, messages, send, alive, faults=None):
        """Sends changed messages until the time is up; then, and after each hundred, the process must be well."""
        draw = random.Random(SEED)
        process = self.site.processes[name]
        end = time.monotonic() + SECONDS
        sent, recent = 0, []
        while time.monotonic() < end:
            data = changed(draw.choice(messages), messages, draw)
            reply = send(data)
            sent += 1
            recent = [*recent[-99:], data]
            if process.poll() is not None or (faults and re.search(faults, reply)):
                self.keep(name, recent[-1:], f"answered {reply[:300]}, seed {SEED}")
            if sent % 100 == 0 and not alive():
                self.keep(name, recent, f"no sensible answer any more, seed {SEED}")
        if not alive():
            self.keep(name, recent, f"no sensible answer at the end, seed {SEED}")
        self.assertGreater(sent, 10)

    def keep(self, name, messages, why):
        FOUND.mkdir(parents=True, exist_ok=True)
        places = []
        for data in messages:
            place = FOUND / f"{name}-{hashlib.sha256(data).hexdigest()[:16]}"
            place.write_bytes(data)
            places.append(str(place))
        self.fail(f"{name}: {why}; sent {' '.join(places)}\n{self.site.logs()}")

    def test_http(self):
        proof = base64.b64encode(bytes(2000)).decode()
        key = base64.b64encode(bytes([0x58] + [0x66] * 31)).decode()
        bodies = {
            "/v1/challenge": {"subject": "sbl-alice", "purpose": "sudo", "modality": "fingerprint", "clientKey": key},
            "/v1/verify": {"proof": proof, "clientKey": key, "clientSignature": key, "origin": "http://127.0.0.1"},
            "/v1/identity": {"nonce": key, "origin": f"http://127.0.0.1:{self.port}"},
            "/v1/enrol/challenge": {
                "enrolmentToken": "semblance-enrol-x", "subject": "sbl-alice", "modality": "fingerprint",
                "label": "right-index", "samples": 3, "assurance": "match", "clientKey": key,
            },
            "/v1/enrol": {"proof": proof, "enrolmentToken": "x"},
            "/v1/rotate/challenge": {"subject": "sbl-alice", "kind": "reblind", "samples": 1, "clientKey": key},
            "/v1/rotate": {"proof": proof},
            "/v1/revoke": {"subject": "sbl-alice", "label": "right-index"},
        }
        messages = [b"GET /v1/live HTTP/1.1\r\nHost: x\r\n\r\n", b"HEAD /.well-known/jwks.json HTTP/1.0\r\n\r\n"]
        for path, body in bodies.items():
            text = json.dumps(body).encode()
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer x\r\n".encode()
            messages.append(head + b"Content-Length: %d\r\n\r\n%s" % (len(text), text))
            messages.append(head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(text), text))
        self.assertTrue(self.is_live())
        # Of the answers, 500 and what is no HTTP are faults; 503 says that it is busy, and to half a head there is none.
        self.fuzz(
            "remote", messages, lambda data: exchange(("127.0.0.1", self.port), data), self.is_live,
            faults=rb"\A(?!HTTP/1\.[01] [1-5]\d\d |\Z)|HTTP/1\.[01] 500 ",
        )

    def is_live(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", "/v1/live")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def varlink(self, name, path, interface, calls):
        get_info = {"method": "org.varlink.service.GetInfo"}
        messages = [json.dumps(call).encode() + b"\0" for call in (get_info, *calls)]
        messages.append(json.dumps({"method": f"{interface}.Nothing", "parameters": {}, "oneway": True}).encode() + b"\0")

        def alive():
            try:
                with Connection(path) as connection:
                    return interface in connection.call("org.varlink.service.GetInfo")["interfaces"]
            except (OSError, ConnectionError, ValueError):
                return False

        self.assertTrue(alive())
        self.fuzz(name, messages, lambda data: exchange(str(path), data, socket.AF_UNIX), alive)

    def call(self, method, **parameters):
        return {"method": method, "parameters": parameters, "more": True}

    def test_verifier(self):
        interface = "org.semblance.Verifier"
        self.varlink("verifier", self.site.verifier_socket(), interface, [
            self.call(f"{interface}.Challenge", subject="sbl-alice", purpose="sudo", modality="fingerprint"),
            self.call(f"{interface}.Verify", proof=base64.b64encode(bytes(300)).decode()),
            self.call(f"{interface}.RotateChallenge", subject="sbl-alice", kind="reblind", samples=1),
            self.call(f"{interface}.List"),
        ])

    def test_prover(self):
        interface = "org.semblance.Prover"
        challenge = base64.b64encode(bytes(300)).decode()
        expected = {
            "origin": "unix:/run/x", "audience": "x", "verifierKey": "00" * 32, "subject": "sbl-alice",
            "purpose": "sudo", "role": "authenticate", "label": "right-index", "samples": 1,
        }
        self.varlink("prover", self.site.prover_socket, interface, [
            self.call(f"{interface}.Prove", challenge=challenge, alternatives=[challenge], expected=expected),
            self.call(f"{interface}.Enroll", challenge=challenge, expected=expected),
            self.call(f"{interface}.List", subject="sbl-alice"),
        ])

    def test_sensor(self):
        interface = "org.semblance.Sensor"
        self.varlink("sensor", self.site.sensor_socket, interface, [
            self.call(f"{interface}.Capture", challenge=base64.b64encode(bytes(300)).decode(), sample=0),
            self.call(f"{interface}.GetInfo"),
        ])


if __name__ == "__main__":
    unittest.main()
