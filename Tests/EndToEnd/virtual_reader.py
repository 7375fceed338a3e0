"""Plays the fingers on libfprint's test reader, `virtual_image`: it listens on a socket while it is open, and shows what is sent.

Messages begin with two numbers: a width and a height, then the pixels; or -1 and a reason to try again, -2 and an error, -3 and
whether a picture means that a finger came and went, -4 and whether a finger is there, -5 to be unplugged.
"""

import itertools
import socket
import struct
import threading
import time
import unittest
import zlib

TOO_SHORT, CENTRE, REMOVE_FINGER = 1, 2, 3
ERROR_PROTO, ERROR_TOO_HOT = 5, 0x101


def grey_png(path):
    """(width, height, pixels) of a PNG of 8-bit grey that is not interlaced."""
    data, chunks, at = path.read_bytes(), b"", 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            assert (depth, colour, interlaced) == (8, 0, 0), path
        chunks += body if kind == b"IDAT" else b""
        at += length + 12
    raw, above, pixels = zlib.decompress(chunks), bytearray(width), bytearray()
    for row in range(height):
        start = row * (width + 1)
        line = unfiltered(raw[start], raw[start + 1:start + 1 + width], above)
        pixels += line
        above = line
    return width, height, bytes(pixels)


def unfiltered(kind, line, above):
    """A line of a PNG (RFC 2083, section 6)."""
    out = bytearray(len(line))
    for x, value in enumerate(line):
        left, up, corner = (out[x - 1], above[x], above[x - 1]) if x else (0, above[x], 0)
        distances = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
        nearest = (left, up, corner)[distances.index(min(distances))]
        out[x] = (value + (0, left, up, (left + up) // 2, nearest)[kind]) & 255
    return out


def shrunk(picture, width, height):
    """The middle of a picture."""
    across, down, pixels = picture
    left, top = (across - width) // 2, (down - height) // 2
    rows = (pixels[(top + row) * across + left:][:width] for row in range(height))
    return width, height, b"".join(rows)


class Fingers:
    """Does these things on the reader, one after the other, each when it is open; a context, at whose end all are done."""

    numbers = itertools.count(1)

    def __init__(self, path, *deeds, patience=60):
        self.path, self.deeds, self.patience = str(path), deeds, patience
        self.trouble = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.thread.join(self.patience if kind is None else 1)
        if kind is None:
            assert self.trouble is None and not self.thread.is_alive(), f"fingers: {self.trouble or 'not all were wanted'}"

    def run(self):
        connection = None
        try:
            for deed in self.deeds:
                connection = self.done(deed, connection)
            self.is_closed(connection, 10)
        except (OSError, AssertionError) as error:
            self.trouble = error

    def done(self, deed, connection):
        """Does it, again on a new connection where the reader was just then closed; returns the connection."""
        deadline = time.monotonic() + self.patience
        while True:
            if connection is None or self.is_closed(connection, 1.5):
                connection = self.connected()
                # A person is not as fast as this.
                time.sleep(0.1)
            try:
                deed(connection)
                return connection
            except (BrokenPipeError, ConnectionResetError):
                connection = None
                if time.monotonic() > deadline:
                    raise

    def connected(self):
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(self.path)
                return connection
            except OSError:
                connection.close()
                time.sleep(0.02)
        raise AssertionError("the reader was not opened")

    @staticmethod
    def is_closed(connection, seconds):
        try:
            connection.settimeout(seconds)
            return connection.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True


class Patient:
    """Mixed into a test case: a test that fails is tried twice more. libfprint's test reader loses what comes a moment too early, and
    on a busy machine a finger may be too early."""

    def run(self, result=None):
        for _ in range(2):
            trial = unittest.TestResult()
            super().run(trial)
            if trial.wasSuccessful() and not trial.skipped:
                result.startTest(self)
                result.addSuccess(self)
                result.stopTest(self)
                return result
            if trial.skipped:
                break
        return super().run(result)


def touch(picture):
    """A finger comes and goes. No two touches are alike: a few of the pixels say which it is."""
    width, height, pixels = picture

    def deed(connection):
        mark = struct.pack("<I", next(Fingers.numbers))
        connection.sendall(struct.pack("=ii", width, height) + mark + pixels[4:])
    return deed


def as_it_is(picture):
    """The very pixels."""
    width, height, pixels = picture
    return lambda connection: connection.sendall(struct.pack("=ii", width, height) + pixels)


def say(*numbers, then=0.0):
    """Sends this, and waits."""
    def deed(connection):
        connection.sendall(struct.pack(f"={len(numbers)}i", *numbers))
        time.sleep(then)
    return deed


def unplug(connection):
    connection.sendall(struct.pack("=ii", -5, 0))
    # Else the next deed goes into a connection that is about to end.
    Fingers.is_closed(connection, 20)
