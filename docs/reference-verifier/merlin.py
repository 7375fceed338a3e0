"""Merlin transcripts over STROBE-128, reduced to what they need, and Keccak-f[1600]."""

from refusal import Refused
from ristretto import ORDER

RATE = 166
MASK = 2**64 - 1


def _tables():
    rotations, x, y = [0] * 25, 1, 0
    for t in range(24):
        rotations[x + 5 * y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    constants, lfsr = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if lfsr & 1:
                constant |= 1 << (1 << j) - 1
            lfsr = lfsr << 1 ^ (0x171 if lfsr & 0x80 else 0)
        constants.append(constant)
    return rotations, constants


ROTATIONS, CONSTANTS = _tables()


def _rotate(x, n):
    return (x << n | x >> 64 - n) & MASK


def keccak_f(state):
    a = [int.from_bytes(state[8 * i : 8 * i + 8], "little") for i in range(25)]
    for constant in CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ _rotate(c[(x + 1) % 5], 1) for x in range(5)]
        b = [0] * 25
        for i in range(25):
            x, y = i % 5, i // 5
            b[y + 5 * ((2 * x + 3 * y) % 5)] = _rotate(a[i] ^ d[x], ROTATIONS[i])
        a = [b[i] ^ ~b[(i + 1) % 5 + i // 5 * 5] & b[(i + 2) % 5 + i // 5 * 5] & MASK for i in range(25)]
        a[0] ^= constant
    state[:] = b"".join(lane.to_bytes(8, "little") for lane in a)


class Transcript:
    I, A, C, M = 1, 2, 4, 16

    def __init__(self, label):
        self.state = bytearray(200)
        self.state[:18] = bytes([1, RATE + 2, 1, 0, 1, 96]) + b"STROBEv1.0.2"
        keccak_f(self.state)
        self.position = self.begin = 0
        self._operate(self.M | self.A)
        self._absorb(b"Merlin v1.0")
        self.append("dom-sep", label.encode())

    def _permute(self):
        self.state[self.position] ^= self.begin
        self.state[self.position + 1] ^= 0x04
        self.state[RATE + 1] ^= 0x80
        keccak_f(self.state)
        self.position = self.begin = 0

    def _absorb(self, data):
        for byte in data:
            self.state[self.position] ^= byte
            self.position += 1
            if self.position == RATE:
                self._permute()

    def _operate(self, flags):
        old, self.begin = self.begin, self.position + 1
        self._absorb(bytes([old, flags]))
        if flags & self.C and self.position:
            self._permute()

    def _frame(self, label, length):
        self._operate(self.M | self.A)
        self._absorb(label.encode() + length.to_bytes(4, "little"))

    def append(self, label, data):
        self._frame(label, len(data))
        self._operate(self.A)
        self._absorb(data)

    def append_u64(self, label, value):
        self.append(label, value.to_bytes(8, "little"))

    def challenge(self, label):
        """64 bytes reduced modulo the group order; zero is refused."""
        self._frame(label, 64)
        self._operate(self.I | self.A | self.C)
        out = bytearray()
        for _ in range(64):
            out.append(self.state[self.position])
            self.state[self.position] = 0
            self.position += 1
            if self.position == RATE:
                self._permute()
        value = int.from_bytes(out, "little") % ORDER
        if value == 0:
            raise Refused("zero challenge")
        return value
