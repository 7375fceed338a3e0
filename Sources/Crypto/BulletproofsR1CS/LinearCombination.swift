import Bulletproofs
import Ristretto255

/// A variable of a constraint system. Indices are handed out by the system; a made-up one is refused when proving or
/// verifying (``BulletproofError/unknownVariable``).
public enum Variable: Hashable, Sendable {
    /// The value behind the `i`-th external commitment.
    case committed(Int)
    /// The left input of a multiplication gate.
    case left(Int)
    /// The right input of a multiplication gate.
    case right(Int)
    /// The output of a multiplication gate.
    case output(Int)
    /// The constant 1.
    case constantOne
}

/// A sum of variables with scalar coefficients. A variable may occur several times; the coefficients add up.
public struct LinearCombination: Sendable {
    /// One summand.
    public struct Term: Sendable {
        /// The variable.
        public var variable: Variable
        /// Its coefficient.
        public var coefficient: Scalar
    }

    /// The summands, in the order in which they were added.
    public private(set) var terms: [Term]

    /// The empty sum, zero.
    public init() {
        terms = []
    }

    /// A variable.
    public init(_ variable: Variable) {
        terms = [Term(variable: variable, coefficient: .one)]
    }

    /// A constant.
    public init(_ constant: Scalar) {
        terms = [Term(variable: .constantOne, coefficient: constant)]
    }

    /// Adds a summand.
    public mutating func add(_ variable: Variable, coefficient: Scalar = .one) {
        terms.append(Term(variable: variable, coefficient: coefficient))
    }

    /// The sum.
    public static func + (lhs: LinearCombination, rhs: LinearCombination) -> LinearCombination {
        var sum = lhs
        sum.terms.append(contentsOf: rhs.terms)
        return sum
    }

    /// The difference.
    public static func - (lhs: LinearCombination, rhs: LinearCombination) -> LinearCombination {
        lhs + -rhs
    }

    /// Every coefficient negated.
    public static prefix func - (operand: LinearCombination) -> LinearCombination {
        var result = operand
        for index in result.terms.indices {
            result.terms[index].coefficient = -result.terms[index].coefficient
        }
        return result
    }

    /// Every coefficient times `factor`.
    public static func * (factor: Scalar, operand: LinearCombination) -> LinearCombination {
        var result = operand
        for index in result.terms.indices {
            result.terms[index].coefficient *= factor
        }
        return result
    }

    /// The sum with a variable.
    public static func + (lhs: LinearCombination, rhs: Variable) -> LinearCombination {
        lhs + LinearCombination(rhs)
    }

    /// The difference to a variable.
    public static func - (lhs: LinearCombination, rhs: Variable) -> LinearCombination {
        lhs - LinearCombination(rhs)
    }

    /// The sum with a constant.
    public static func + (lhs: LinearCombination, rhs: Scalar) -> LinearCombination {
        lhs + LinearCombination(rhs)
    }

    /// The difference to a constant.
    public static func - (lhs: LinearCombination, rhs: Scalar) -> LinearCombination {
        lhs - LinearCombination(rhs)
    }
}

extension FlattenedConstraints {
    /// Folds linear combinations. Throws ``BulletproofError/unknownVariable``.
    init(
        _ constraints: [LinearCombination],
        gateCount: Int,
        commitmentCount: Int,
        z: Scalar
    ) throws(BulletproofError) {
        self.init(gateCount: gateCount, commitmentCount: commitmentCount)
        var weight = z
        for combination in constraints {
            for term in combination.terms {
                let value = weight * term.coefficient
                switch term.variable {
                case .left(let index) where left.indices.contains(index): left[index] += value
                case .right(let index) where right.indices.contains(index): right[index] += value
                case .output(let index) where output.indices.contains(index): output[index] += value
                case .committed(let index) where committed.indices.contains(index): committed[index] -= value
                case .constantOne: constant -= value
                default: throw .unknownVariable
                }
            }
            weight *= z
        }
    }
}
