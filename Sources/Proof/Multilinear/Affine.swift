import Ristretto255

/// `constant + sum of coefficient * wire`: how the verifier carries a value that it knows only up to its pads.
///
/// A wire may occur in several terms; their coefficients add.
package struct Affine: Sendable {
    package struct Term: Sendable {
        package var wire: Wire
        package var coefficient: Scalar
    }

    package private(set) var constant: Scalar
    package private(set) var terms: [Term]

    package init(_ constant: Scalar = .zero) {
        self.constant = constant
        self.terms = []
    }

    package init(_ wire: Wire) {
        self.constant = .zero
        self.terms = [Term(wire: wire, coefficient: .one)]
    }

    package static func += (left: inout Affine, right: Affine) {
        left.constant += right.constant
        left.terms.append(contentsOf: right.terms)
    }

    package static func -= (left: inout Affine, right: Affine) {
        left.add(right, times: -Scalar.one)
    }

    package static func + (left: Affine, right: Affine) -> Affine {
        var sum = left
        sum += right
        return sum
    }

    package static func - (left: Affine, right: Affine) -> Affine {
        var difference = left
        difference -= right
        return difference
    }

    package static func * (left: Affine, right: Scalar) -> Affine {
        var product = Affine()
        product.add(left, times: right)
        return product
    }

    package mutating func add(_ other: Affine, times factor: Scalar) {
        constant += other.constant * factor
        terms.reserveCapacity(terms.count + other.terms.count)
        for term in other.terms {
            terms.append(Term(wire: term.wire, coefficient: term.coefficient * factor))
        }
    }

    package mutating func add(_ wire: Wire, times factor: Scalar = .one) {
        terms.append(Term(wire: wire, coefficient: factor))
    }

    /// The value under an assignment of all wires, for diagnostics.
    package func evaluate(_ value: (Wire) -> Scalar) -> Scalar {
        terms.reduce(constant) { $0 + $1.coefficient * value($1.wire) }
    }
}
