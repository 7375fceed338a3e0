import Ristretto255

/// A linear constraint on the wires of a circuit: the sum of `coefficient * wire` over the terms, the constant included,
/// is zero.
///
/// Wire `3 g + {0, 1, 2}` is the left input, the right input, the output of gate `g`; wire -1 is the constant 1. A wire may
/// occur several times. The terms lie in one array, so a constraint costs no lookup.
public struct SparseConstraint: Sendable {
    /// One summand.
    public struct Term: Sendable {
        /// The wire's number, or ``SparseConstraint/constantWire``.
        public var wire: Int32
        /// The coefficient.
        public var coefficient: Scalar

        /// `coefficient * wire`.
        public init(wire: Int32, coefficient: Scalar) {
            self.wire = wire
            self.coefficient = coefficient
        }
    }

    /// The number that stands for the constant 1.
    public static let constantWire: Int32 = -1

    /// The summands.
    public var terms: [Term]

    /// A constraint with the given terms.
    public init(_ terms: [Term] = []) {
        self.terms = terms
    }

    /// Adds `coefficient * wire`. A number that is no wire makes proving and verifying throw
    /// ``BulletproofError/unknownVariable``.
    public mutating func add(_ coefficient: Scalar, wire: Int) {
        terms.append(Term(wire: Int32(exactly: wire) ?? .min, coefficient: coefficient))
    }

    /// Adds a constant.
    public mutating func add(constant: Scalar) {
        terms.append(Term(wire: Self.constantWire, coefficient: constant))
    }

    /// Adds `factor` times the terms of another constraint.
    public mutating func add(_ other: SparseConstraint, times factor: Scalar) {
        terms.reserveCapacity(terms.count + other.terms.count)
        for term in other.terms {
            terms.append(Term(wire: term.wire, coefficient: factor * term.coefficient))
        }
    }

    /// The sum for given wires; nil if a term names a wire that does not exist.
    public func evaluate(left: [Scalar], right: [Scalar], output: [Scalar]) -> Scalar? {
        var sum = Scalar.zero
        for term in terms {
            if term.wire == Self.constantWire {
                sum += term.coefficient
                continue
            }
            guard term.wire >= 0 else { return nil }
            let (gate, position) = Int(term.wire).quotientAndRemainder(dividingBy: 3)
            let vector = position == 0 ? left : position == 1 ? right : output
            guard gate < vector.count else { return nil }
            sum += term.coefficient * vector[gate]
        }
        return sum
    }
}

/// The constraints folded by the powers of `z`, `z W_L, z W_R, z W_O, z W_V, z c` in the notation of the paper's
/// section 5: constraint number `q`, from 0, has the weight `z^(q+1)`.
package struct FlattenedConstraints {
    /// `z W_L`, one for each gate.
    package var left: [Scalar]
    /// `z W_R`.
    package var right: [Scalar]
    /// `z W_O`.
    package var output: [Scalar]
    /// `z W_V`, one for each external commitment.
    package var committed: [Scalar]
    /// `z c`.
    package var constant = Scalar.zero

    /// No constraints on so many gates and external commitments.
    package init(gateCount: Int, commitmentCount: Int) {
        left = Array(repeating: .zero, count: gateCount)
        right = left
        output = left
        committed = Array(repeating: .zero, count: commitmentCount)
    }

    /// Folds constraints on numbered wires. Throws ``BulletproofError/unknownVariable``.
    package init(_ constraints: [SparseConstraint], gateCount: Int, z: Scalar) throws(BulletproofError) {
        self.init(gateCount: gateCount, commitmentCount: 0)
        var weight = z
        for constraint in constraints {
            for term in constraint.terms {
                let value = weight * term.coefficient
                if term.wire == SparseConstraint.constantWire {
                    constant -= value
                    continue
                }
                let (gate, position) = Int(term.wire).quotientAndRemainder(dividingBy: 3)
                guard term.wire >= 0, gate < gateCount else { throw .unknownVariable }
                switch position {
                case 0: left[gate] += value
                case 1: right[gate] += value
                default: output[gate] += value
                }
            }
            weight *= z
        }
    }
}
