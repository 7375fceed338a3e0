#!/usr/bin/env python3
"""Runs a command at a terminal of its own, as a person would, and types what he would when it asks.

    at_terminal.py COMMAND...          # presses Enter at the question

Standard output and error stay the caller's own; only /dev/tty is the terminal.
"""

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time

PROMPT = b"Press Enter to allow it"


class AtTerminal:
    """How a command ended, and what stood on its terminal (`screen`)."""

    def __init__(self, code, out, err, screen):
        self.returncode = code
        self.stdout = out
        self.stderr = err
        self.screen = screen


def at_terminal(command, typed=b"\n", env=None, timeout=120, capture=True, early=b"", prompt=PROMPT):
    """Runs the command; types `typed` each time that it asks by `prompt` (None: never), and `early` before that."""
    controller, terminal = pty.openpty()

    def attach():
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    pipe = subprocess.PIPE if capture else None
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=env, cwd="/", preexec_fn=attach
    )
    if early:
        os.write(controller, early)
    streams = {controller: bytearray()}
    if capture:
        streams |= {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    open_streams = set(streams)
    answered = 0
    deadline = time.monotonic() + timeout
    # The pipes say when the command is done; the terminal stays open, so that reading it never fails.
    while open_streams - {controller} or (not capture and process.poll() is None):
        if time.monotonic() > deadline:
            process.kill()
            process.communicate()
            raise subprocess.TimeoutExpired(command, timeout)
        for stream in select.select(list(open_streams), [], [], 0.1)[0]:
            try:
                data = os.read(stream, 65536)
            except OSError:
                data = b""
            if not data:
                open_streams.discard(stream)
            streams[stream] += data
        asked = streams[controller].count(prompt)
        if typed is not None and asked > answered:
            answered = asked
            time.sleep(0.05)  # what is typed before the question is forgotten
            os.write(controller, typed)
    code = process.wait(timeout=10)
    os.close(controller)
    os.close(terminal)
    screen = streams[controller].decode(errors="replace")
    if not capture:
        return AtTerminal(code, "", "", screen)
    out, err = (streams[pipe.fileno()].decode(errors="replace") for pipe in (process.stdout, process.stderr))
    process.stdout.close()
    process.stderr.close()
    return AtTerminal(code, out, err, screen)


if __name__ == "__main__":
    ended = at_terminal(sys.argv[1:], capture=False)
    sys.exit(ended.returncode if ended.returncode >= 0 else 128 - ended.returncode)
