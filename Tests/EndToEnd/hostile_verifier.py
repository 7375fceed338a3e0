"""A verifier of an attacker's: an HTTP server that passes every request on to the good verifier, unless told otherwise."""

import ctypes
import http.server
import json
import os
import ssl
import threading
import urllib.error
import urllib.request

from varlink_client import decode, encode

SODIUM = ctypes.CDLL("libsodium.so.23")
assert SODIUM.sodium_init() >= 0


class SigningKey:
    """An Ed25519 key, by libsodium."""

    def __init__(self):
        self.public, self.secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        SODIUM.crypto_sign_seed_keypair(self.public, self.secret, os.urandom(32))
        self.public = self.public.raw

    def sign(self, message):
        signature = ctypes.create_string_buffer(64)
        length = ctypes.c_ulonglong(len(message))
        SODIUM.crypto_sign_detached(signature, None, message, length, self.secret)
        return signature.raw


def field(text):
    """Text inside a signed message."""
    return len(text.encode()).to_bytes(2, "little") + text.encode()


class HostileVerifier:
    """Serves on a loopback port until closed.

    `answers` maps a path to a function of (this server, request body), which returns status and body, or status, body and
    headers; a body that is no `dict` is a sequence of chunks, sent as they are. `requests` holds all that came in.
    """

    def __init__(self, good, certificate=None):
        self.good = good
        self.key = SigningKey()
        self.answers = {}
        self.requests = []
        # What the good verifier gave, by path: the booty.
        self.booty = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def relay(self, path, body, method="POST"):
        """Asks the good verifier; returns status and body."""
        data = json.dumps(body).encode() if method == "POST" else None
        request = urllib.request.Request(
            self.good + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                status, answer = reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            status, answer = error.code, json.load(error)
        self.booty.append((path, status, answer))
        return status, answer

    def asked(self, path):
        """The bodies of the requests for this path."""
        return [body for asked, body in self.requests if asked == path]

    @property
    def tokens(self):
        """The tokens that the good verifier gave to the attacker."""
        return [answer["token"] for _, _, answer in self.booty if "token" in answer]

    def identity(self, audience):
        """An answer to `POST /v1/identity` in its own name, honestly signed."""

        def answer(_, body):
            nonce = decode(body["nonce"])
            message = b"semblance identity v1" + field(body["origin"]) + field(audience) + nonce
            return 200, {
                "audience": audience, "verifierKey": encode(self.key.public), "tokenKey": encode(self.key.public),
                "version": "1.0.0", "signature": encode(self.key.sign(message)),
            }

        return answer

    def handler(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.reply({})

            def do_POST(self):
                self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def reply(self, body):
                outer.requests.append((self.path, body))
                answer = outer.answers.get(self.path)
                made = answer(outer, body) if answer else outer.relay(self.path, body, self.command)
                status, content, headers = (*made, {})[:3]
                if isinstance(content, dict):
                    content = [json.dumps(content).encode()]
                    headers = {"Content-Length": len(content[0])} | headers
                self.send_response(status)
                for name, value in ({"Content-Type": "application/json"} | headers).items():
                    self.send_header(name, str(value))
                self.end_headers()
                try:
                    for chunk in content:
                        self.wfile.write(chunk)
                except OSError:
                    self.close_connection = True  # The client had enough.

        return Handler

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
