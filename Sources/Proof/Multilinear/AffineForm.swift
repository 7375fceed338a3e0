import Ristretto255

/// `constant + sum of coefficient * wire`: how the verifier carries a value that it knows only up to its pads.
///
/// A wire may occur in several terms; their coefficients add.
package struct AffineForm: Sendable {
    /// `coefficient * wire`.
    package struct Term: Sendable {
        /// May occur in other terms of the form as well.
        package var wire: Wire
        /// Known to both sides.
        package var coefficient: Scalar
    }

    /// The public part: what was sent, times what is known.
    package private(set) var constant: Scalar
    /// In the order in which they were added.
    package private(set) var terms: [Term]

    /// The constant form.
    package init(_ constant: Scalar = .zero) {
        self.constant = constant
        self.terms = []
    }

    /// The value of a wire.
    package init(_ wire: Wire) {
        self.constant = .zero
        self.terms = [Term(wire: wire, coefficient: .one)]
    }

    /// Adds the terms; those of one wire are not merged.
    package static func += (left: inout AffineForm, right: AffineForm) {
        left.constant += right.constant
        left.terms.append(contentsOf: right.terms)
    }

    /// Subtracts the terms; those of one wire are not merged.
    package static func -= (left: inout AffineForm, right: AffineForm) {
        left.add(right, times: -Scalar.one)
    }

    /// As `+=`: the terms of both, not merged.
    package static func + (left: AffineForm, right: AffineForm) -> AffineForm {
        var sum = left
        sum += right
        return sum
    }

    /// As `-=`: the terms of both, not merged.
    package static func - (left: AffineForm, right: AffineForm) -> AffineForm {
        var difference = left
        difference -= right
        return difference
    }

    /// Constant and coefficients times a public factor.
    package static func * (left: AffineForm, right: Scalar) -> AffineForm {
        var product = AffineForm()
        product.add(left, times: right)
        return product
    }

    /// Adds `factor` times another form.
    package mutating func add(_ other: AffineForm, times factor: Scalar) {
        constant += other.constant * factor
        terms.reserveCapacity(terms.count + other.terms.count)
        for term in other.terms {
            terms.append(Term(wire: term.wire, coefficient: term.coefficient * factor))
        }
    }

    /// Adds `factor` times a wire.
    package mutating func add(_ wire: Wire, times factor: Scalar = .one) {
        terms.append(Term(wire: wire, coefficient: factor))
    }

    /// The value under an assignment of all wires, for diagnostics.
    package func evaluate(_ value: (Wire) -> Scalar) -> Scalar {
        terms.reduce(constant) { $0 + $1.coefficient * value($1.wire) }
    }
}
