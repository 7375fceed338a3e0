"""A Varlink client of a few lines, so that tests can send what our own client never would."""

import base64
import json
import socket
import threading


class VarlinkError(Exception):
    def __init__(self, name, parameters):
        super().__init__(name)
        self.name = name
        self.parameters = parameters


class Connection:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        self.buffer = b""

    def call(self, method, more=False, **parameters):
        """The last reply's parameters; with `more`, intermediate replies are read and dropped."""
        message = {"method": method, "parameters": parameters}
        if more:
            message["more"] = True
        self.socket.sendall(json.dumps(message).encode() + b"\0")
        while True:
            reply = self.receive()
            if "error" in reply:
                raise VarlinkError(reply["error"], reply.get("parameters", {}))
            if not reply.get("continues"):
                return reply.get("parameters", {})

    def receive(self):
        """The next message, whole."""
        while b"\0" not in self.buffer:
            chunk = self.socket.recv(65536)
            if not chunk:
                raise ConnectionError("hung up")
            self.buffer += chunk
        frame, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(frame)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Attending:
    """A confirmation agent (org.semblance.Agent) that allows what it is asked; `questions` are the ones it saw."""

    def __init__(self, path):
        self.path = path
        self.questions = []
        self.connection = Connection(path)
        self.connection.socket.sendall(b'{"method": "org.semblance.Agent.Attend", "more": true}\0')
        self.connection.receive()  # attending
        self.connection.socket.settimeout(None)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            while True:
                question = self.connection.receive()["parameters"]
                if question["seconds"]:
                    self.questions.append(question)
                    with Connection(self.path) as answers:
                        answers.call("org.semblance.Agent.Answer", id=question["id"], allow=True)
        except (ConnectionError, OSError):
            return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.connection.close()


def expectation(verifier_socket, subject, purpose="test", role="authenticate", samples=1, **others):
    """What semblanced is told that the local verifier was asked for."""
    return {
        "origin": f"unix:{verifier_socket}", "role": role, "subject": subject, "purpose": purpose, "samples": samples,
    } | others


def encode(data):
    return base64.b64encode(data).decode()


def decode(text):
    return base64.b64decode(text, validate=True)
