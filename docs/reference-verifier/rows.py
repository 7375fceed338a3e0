"""Row generators (section 3) and the group equations of sections 5.5 and 5.6."""

import functools
import hashlib

from affine import Form
from refusal import require
from ristretto import ORDER, from_uniform, is_identity, msm


@functools.cache
def generator(name):
    return from_uniform(hashlib.sha512(b"semblance rows v1" + name).digest())


def opening(interaction, claim, left, right, rows):
    """The vector opening; adds the constraint on `claim` and checks the folded equation."""
    shape, t, body = interaction.shape, interaction.transcript, interaction.body
    d_bytes, d = body.point_and_bytes()
    t.append("D", d_bytes)
    k = t.challenge("k")
    s, omega = (body.absorbed_scalar(t, label) for label in ("s", "omega"))
    interaction.zero(claim * k - s + Form.wire(shape.wires["p"]))
    f = t.challenge("U")
    g, h, u = [generator(b" G " + j.to_bytes(4, "little")) for j in range(shape.m)], generator(b" H"), generator(b" U")
    terms = [(k * weight, row) for weight, row in zip(left, rows)] + [(1, d), (s * f, u), (-omega, h)]
    factors = [1]
    for _ in range(shape.folds):
        low, high = (body.point_and_bytes() for _ in range(2))
        t.append("fold L", low[0])
        t.append("fold R", high[0])
        x = t.challenge("fold")
        inverse = pow(x, -1, ORDER)
        terms += [(x * x, low[1]), (inverse * inverse, high[1])]
        factors = [value * y % ORDER for value in factors for y in (inverse, x)]
    size = shape.m >> shape.folds
    vector = [body.absorbed_scalar(t, "folded vector") for _ in range(size)]
    # Column j was folded into entry j mod size, with the factor of its higher bits.
    inner = 0
    for j in range(shape.m):
        weight = vector[j % size] * factors[j // size]
        terms.append((-weight, g[j]))
        inner += weight * right[j]
    terms.append((-inner * f, u))
    require(is_identity(msm(terms)), "opening equation")


def reblinding(transcript, body, old, new):
    a_bytes, a = body.point_and_bytes("reblind A")
    transcript.append("reblind A", a_bytes)
    c = transcript.challenge("reblind c")
    z = body.absorbed_scalar(transcript, "reblind z")
    terms = [(z, generator(b" H")), (-1, a), (-c, new), (c, old)]
    require(is_identity(msm(terms)), "re-blinding equation")
