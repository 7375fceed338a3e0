"""A pseudo-terminal with somebody at its keyboard."""

import fcntl
import os
import select
import subprocess
import termios
import time


class Terminal:
    """What is shown, and what is typed."""

    def __init__(self):
        self.master, self.slave = os.openpty()
        self.shown = ""

    def close(self):
        for descriptor in (self.master, self.slave):
            if descriptor is not None:
                os.close(descriptor)
        self.master = self.slave = None

    def hang_up(self):
        os.close(self.master)
        self.master = None

    def run(self, command, **options):
        """Starts a program as the leader of a session of its own, with this as its controlling terminal."""
        options = {"stdin": self.slave, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen(
            command,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0),
            pass_fds=(self.slave,),
            **options,
        )

    def read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            self.shown += os.read(self.master, 65536).decode(errors="replace")
            return True
        return False

    def wait_for(self, text, seconds=10):
        """Until `text` is shown; what comes behind it is left for the next call."""
        end = time.monotonic() + seconds
        while text not in self.shown:
            if time.monotonic() > end:
                raise AssertionError(f"{text!r} is not shown: {self.shown!r}")
            self.read(0.1)
        before, _, self.shown = self.shown.partition(text)
        return before + text

    def rest(self):
        while self.read(0.2):
            pass
        return self.shown

    def type(self, text):
        # As a person does, some time after the prompt has come.
        time.sleep(0.05)
        os.write(self.master, text.encode())

    def settings(self):
        return termios.tcgetattr(self.slave)
