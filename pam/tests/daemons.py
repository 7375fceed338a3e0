"""A fake verifier and a fake prover that do exactly what a test tells them, and record exactly what they are asked."""

import base64
import json
import os
import socket
import threading
import time

CHALLENGE = base64.b64encode(b"challenge %s" % (b"c" * 400)).decode()
QUESTIONS = (".MayAsk", ".Declined", ".Answered")
PROOF = base64.b64encode(b"proof" * 8000).decode()


def message(**members):
    """A Varlink message, as bytes with its NUL."""
    return json.dumps(members).encode() + b"\0"


def reply(**parameters):
    return message(parameters=parameters)


def error(name, **parameters):
    return message(error=name, parameters=parameters)


def progress(text, **parameters):
    return message(parameters={"stage": "capture", "message": text, **parameters}, continues=True)


class Hang:
    """Keeps the connection open and says nothing more."""


class Close:
    """Closes the connection."""


class Deaf:
    """Reads no more: what the peer sends then is a broken pipe."""


class Sleep:
    def __init__(self, seconds):
        self.seconds = seconds


class Drip:
    """Sends bytes one by one."""

    def __init__(self, data, interval):
        self.data, self.interval = data, interval


class Run:
    """Runs a function at this point of the script."""

    def __init__(self, function):
        self.function = function


class Daemon:
    """Listens at `path`; answers the n-th request for a method with the n-th of its scripts (the last one repeats).

    A script is a list of bytes to send and of the instructions above. `greeting` is a script run on connecting.
    """

    def __init__(self, path, scripts, owner=0, listener=0, greeting=()):
        self.path, self.scripts, self.greeting = path, scripts, greeting
        self.requests = []  # (number of the connection, raw bytes)
        self.questions = []  # the same of the calls about questions that the module asks by itself
        self.connections = 0
        self.closed_by_peer = threading.Event()
        self.stopping = threading.Event()
        self.threads = []
        self.sockets = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        os.chown(path, owner, -1)
        # SO_PEERCRED gives a client the credentials under which listen(2) was called.
        os.seteuid(listener)
        try:
            self.socket.listen(64)
        finally:
            os.seteuid(0)
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def accept(self):
        while not self.stopping.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            self.sockets.append(connection)
            thread = threading.Thread(target=self.serve, args=(connection, self.connections), daemon=True)
            self.threads.append(thread)
            thread.start()

    def serve(self, connection, number):
        try:
            pending = b""
            if not self.perform(connection, self.greeting):
                return
            while True:
                data = connection.recv(65536)
                if not data:
                    self.closed_by_peer.set()
                    return
                pending += data
                while b"\0" in pending:
                    raw, pending = pending.split(b"\0", 1)
                    method = json.loads(raw)["method"]
                    calls = self.questions if method.endswith(QUESTIONS) else self.requests
                    calls.append((number, raw))
                    if not self.perform(connection, self.script(method, calls)):
                        return
        except OSError:
            self.closed_by_peer.set()
        finally:
            connection.close()

    def script(self, method, calls):
        scripts = self.scripts[method.rsplit(".", 1)[1]]
        asked = sum(json.loads(raw)["method"] == method for _, raw in calls)
        return scripts[min(asked, len(scripts)) - 1]

    def perform(self, connection, script):
        for step in script:
            if isinstance(step, bytes):
                connection.sendall(step)
            elif isinstance(step, Drip):
                for byte in step.data:
                    connection.sendall(bytes([byte]))
                    time.sleep(step.interval)
            elif isinstance(step, Sleep):
                time.sleep(step.seconds)
            elif isinstance(step, Run):
                step.function()
            elif step is Deaf:
                connection.shutdown(socket.SHUT_RD)
            elif step is Close:
                return False
            elif step is Hang:
                connection.settimeout(60)
                while connection.recv(65536):
                    pass
                self.closed_by_peer.set()
                return False
        return True

    def methods(self):
        return [json.loads(raw)["method"] for _, raw in self.requests]

    def parameters(self, index):
        return json.loads(self.requests[index][1])["parameters"]

    def stop(self):
        self.stopping.set()
        for one in [self.socket] + self.sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.socket.close()
        self.accepting.join(5)
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            pass


def verifier(path, challenge=None, verdict=None, **options):
    """A verifier that does what is right, but for the scripts given."""
    scripts = {
        "Challenge": challenge or [[reply(challenge=CHALLENGE)]],
        "Verify": verdict or [[reply(verdict="biometric")]],
    }
    return Daemon(path, scripts, **options)


def prover(path, proof=None, may_ask=None, declined=None, noted=None, **options):
    scripts = {
        "Prove": proof or [[progress("hold still"), reply(proof=PROOF)]],
        "MayAsk": may_ask or [[reply()]],
        "Declined": declined or [[reply()]],
        "Answered": declined or [[reply()]],
        "PasswordEntered": noted or [[reply()]],
    }
    return Daemon(path, scripts, **options)
