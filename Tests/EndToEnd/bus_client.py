"""A connection to a message bus, by libsystemd: calls, and the signals that came meanwhile. A process of its own can hold one:

    bus_client.py ADDRESS      # reads lines of JSON [method, argument...] or ["signal", name, seconds]; writes [error, reply]
"""

import ctypes
import ctypes.util
import json
import sys
import time

SD = ctypes.CDLL(ctypes.util.find_library("systemd") or "libsystemd.so.0")
NAME = "net.reactivated.Fprint"
MANAGER = "/net/reactivated/Fprint/Manager"


class Error(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("message", ctypes.c_char_p), ("need_free", ctypes.c_int)]


class BusError(Exception):
    def __init__(self, name, message):
        super().__init__(f"{name}: {message}")
        self.name, self.message = name.removeprefix("net.reactivated.Fprint.Error."), message


for function in ("sd_bus_message_get_path", "sd_bus_message_get_member"):
    getattr(SD, function).restype = ctypes.c_char_p


class Bus:
    """For one thread."""

    def __init__(self, address):
        self.bus = ctypes.c_void_p()
        self.signals = []
        check(SD.sd_bus_new(ctypes.byref(self.bus)))
        check(SD.sd_bus_set_address(self.bus, str(address).encode()))
        check(SD.sd_bus_set_bus_client(self.bus, 1))
        check(SD.sd_bus_start(self.bus))
        match = b"type='signal',sender='net.reactivated.Fprint',interface='net.reactivated.Fprint.Device'"
        check(SD.sd_bus_add_match(self.bus, None, match, None, None))

    def call(self, member, *arguments, path=MANAGER, interface=NAME + ".Manager", destination=NAME):
        """What the method returns: None, a text, or a list of texts."""
        error, reply = Error(), ctypes.c_void_p()
        types = "s" * len(arguments)
        code = SD.sd_bus_call_method(
            self.bus, destination.encode(), path.encode(), interface.encode(), member.encode(), ctypes.byref(error),
            ctypes.byref(reply), types.encode(), *(argument.encode() for argument in arguments),
        )
        if code < 0:
            raise BusError((error.name or b"").decode(), (error.message or b"").decode())
        try:
            return value(reply)
        finally:
            SD.sd_bus_message_unref(reply)

    def device(self, member, *arguments, number=0):
        path = f"/net/reactivated/Fprint/Device/{number}"
        return self.call(member, *arguments, path=path, interface=NAME + ".Device")

    def property(self, name, number=0):
        return self.call(
            "Get", NAME + ".Device", name, path=f"/net/reactivated/Fprint/Device/{number}",
            interface="org.freedesktop.DBus.Properties",
        )

    def owner(self, name=NAME):
        try:
            return self.call(
                "GetNameOwner", name, path="/org/freedesktop/DBus", interface="org.freedesktop.DBus",
                destination="org.freedesktop.DBus",
            )
        except BusError:
            return None

    def signal(self, member, seconds=30):
        """The next signal of that name: (text, done or None); None where there is none in that time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for index, (name, values) in enumerate(self.signals):
                if name == member:
                    del self.signals[index]
                    return values
            self.process()
        return None

    def process(self):
        message = ctypes.c_void_p()
        code = check(SD.sd_bus_process(self.bus, ctypes.byref(message)))
        if message:
            if SD.sd_bus_message_is_signal(message, (NAME + ".Device").encode(), None) > 0:
                member = SD.sd_bus_message_get_member(message).decode()
                self.signals.append((member, (read(message, b"s"), read(message, b"b"))))
            SD.sd_bus_message_unref(message)
        if code == 0:
            check(SD.sd_bus_wait(self.bus, ctypes.c_uint64(100_000)))

    def close(self):
        SD.sd_bus_flush_close_unref(self.bus)


def check(code):
    if code < 0:
        raise OSError(-code, "sd-bus")
    return code


def read(message, kind):
    """A text ("s", "o"), number ("i") or truth ("b") there; None where there is none."""
    if kind in b"so":
        text = ctypes.c_char_p()
        return text.value.decode() if SD.sd_bus_message_read_basic(message, kind[0], ctypes.byref(text)) > 0 else None
    number = ctypes.c_int()
    if SD.sd_bus_message_read_basic(message, kind[0], ctypes.byref(number)) <= 0:
        return None
    return bool(number.value) if kind == b"b" else number.value


def value(message):
    kind, contents = ctypes.c_char(), ctypes.c_char_p()
    if SD.sd_bus_message_peek_type(message, ctypes.byref(kind), ctypes.byref(contents)) <= 0:
        return None
    if kind.value in (b"s", b"o", b"i", b"b"):
        return read(message, kind.value)
    check(SD.sd_bus_message_enter_container(message, kind.value[0], contents.value))
    if kind.value == b"v":
        return value(message)
    items = []
    while (item := read(message, contents.value)) is not None:
        items.append(item)
    return items


def main():
    bus = Bus(sys.argv[1])
    for line in sys.stdin:
        member, *arguments = json.loads(line)
        try:
            answer = [None, bus.signal(*arguments) if member == "signal" else bus.device(member, *arguments)]
        except BusError as error:
            answer = [error.name, error.message]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
