import Ristretto255

/// A prover's scalar as it travels: `sent = value - pad`, so that `value` is the affine form `sent + pad`.
package struct MaskedScalar: Sendable {
    /// As it travels.
    package let sent: Scalar
    /// The wire that holds what was taken off.
    package let pad: Wire

    package init(sent: Scalar, pad: Wire) {
        self.sent = sent
        self.pad = pad
    }

    /// The value: `sent + pad`.
    package var affine: AffineForm {
        var form = AffineForm(sent)
        form.add(pad)
        return form
    }

    /// The product of two masked values whose pads sit in one gate with output wire `output`:
    /// `(x^ + p)(y^ + q) = x^ y^ + x^ q + y^ p + pq` (attacks.md F20).
    package static func product(_ x: MaskedScalar, _ y: MaskedScalar, output: Wire) -> AffineForm {
        var form = AffineForm(x.sent * y.sent)
        form.add(y.pad, times: x.sent)
        form.add(x.pad, times: y.sent)
        form.add(output)
        return form
    }

    /// The same value through another wire that holds a copy of the pad.
    package func through(_ copy: Wire) -> MaskedScalar {
        MaskedScalar(sent: sent, pad: copy)
    }
}
