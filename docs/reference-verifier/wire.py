"""The encodings of section 2: challenge, attestations, envelope. Everything is refused that is not exactly in form."""

import hashlib
import unicodedata
from types import SimpleNamespace

import ed25519
from refusal import require
from ristretto import ORDER, decode

ROLES = {1: "enrol", 2: "authenticate", 3: "reblind", 4: "refresh", 5: "upgrade"}
FORBIDDEN = {"Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Cs"}


class Reader:
    def __init__(self, data, check):
        self.data, self.offset, self.check = data, 0, check

    def take(self, count):
        require(self.offset + count <= len(self.data), f"{self.check}: truncated")
        self.offset += count
        return self.data[self.offset - count : self.offset]

    def integer(self, size):
        return int.from_bytes(self.take(size), "little")

    def string(self, longest):
        count = self.integer(2)
        require(1 <= count <= longest, f"{self.check}: string length")
        try:
            text = self.take(count).decode("utf-8")
        except UnicodeDecodeError:
            text = "\0"
        require(all(unicodedata.category(c) not in FORBIDDEN for c in text), f"{self.check}: string")
        return text

    def point(self):
        point = decode(self.take(32))
        require(point is not None, f"{self.check}: point encoding")
        return point

    def scalar(self):
        scalar = self.integer(32)
        require(scalar < ORDER, f"{self.check}: scalar encoding")
        return scalar

    def end(self):
        require(self.offset == len(self.data), f"{self.check}: trailing bytes")


def model_terms(r):
    """(identity, d, num, E_min) of a model that the challenge names."""
    terms = r.take(32), r.integer(2), r.integer(2), r.integer(4)
    _, d, num, e_min = terms
    require(8 <= d <= 512, "challenge: dimension")
    require(num >= 1, "challenge: threshold")
    require(10 * d <= e_min <= 127**2 * d, "challenge: least norm")
    return terms


def signed_challenge(data):
    r = Reader(data, "challenge")
    c = SimpleNamespace(encoded=data)
    require(r.take(4) == b"SMBC" and r.integer(1) == 1, "challenge: version")
    c.role = ROLES.get(r.integer(1))
    require(c.role, "challenge: role")
    c.modality, c.assurance = r.integer(1), r.integer(1)
    require(c.modality in (1, 2), "challenge: modality")
    require(c.assurance in (1, 2, 3), "challenge: assurance")
    c.audience = r.string(255)
    c.verifier_key = r.take(32)
    c.purpose, c.subject, c.label = r.string(255), r.string(255), r.string(64)
    c.nonce, c.client_key = r.take(32), r.take(32)
    c.template_bytes = r.take(32)
    c.epoch = r.integer(8)
    c.terms = model_terms(r)
    c.d, c.k = c.terms[1], r.integer(1)
    c.issued, c.expires = r.integer(8), r.integer(8)
    if c.role == "upgrade":
        c.previous = model_terms(r)
        require(c.previous[0] != c.terms[0], "challenge: previous model")
    c.signature = r.take(64)
    r.end()
    enrol = c.role == "enrol"
    require((c.template_bytes == bytes(32)) == enrol, "challenge: template")
    c.template = decode(c.template_bytes)
    require(c.template is not None, "challenge: template")
    require(not enrol or c.epoch == 0, "challenge: epoch")
    require(c.issued < c.expires, "challenge: times")
    require(1 <= c.k <= (5 if c.role in ("enrol", "refresh", "upgrade") else 1), "challenge: samples")
    signed = b"semblance challenge v1" + data[:-64]
    require(ed25519.verify(c.verifier_key, signed, c.signature), "challenge: signature")
    c.digest = hashlib.sha256(b"semblance challenge digest v1" + data).digest()
    return c


def attestation(data, challenge, blocks):
    """The sensor's key, once its signature over a sample's blocks under this challenge has been checked.

    A block is (channels, height, width) of what its rows hold, and the rows; an upgrade's samples have two.
    """
    time, key, signature = data[:8], data[8:40], data[40:]
    earliest, latest = challenge.issued - 300, challenge.expires + 300
    require(earliest <= int.from_bytes(time, "little") <= latest, "attestation: time")
    message = b"semblance sensor v1" + bytes([challenge.assurance, challenge.modality]) + challenge.digest + time
    for (channels, height, width), rows in blocks:
        u32 = [x.to_bytes(4, "little") for x in (height, width, channels, len(rows))]
        message += b"".join(u32 + rows)
    require(ed25519.verify(key, message, signature), "attestation: signature")
    return key


def envelope(data):
    """(challenge, attestations as bytes or b"", body)."""
    r = Reader(data, "envelope")
    require(r.take(4) == b"SMBP" and r.integer(1) == 1, "envelope: version")
    require(r.integer(1) == 1, "envelope: suite")
    challenge = signed_challenge(r.take(r.integer(2)))
    attestations = []
    for _ in range(challenge.k):
        flag = r.integer(1)
        require(flag in (0, 1), "envelope: attestation flag")
        attestations.append(r.take(104) if flag else b"")
    return challenge, attestations, r.take(len(data) - r.offset)
