import Ristretto255

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

    public static func + (lhs: LinearCombination, rhs: LinearCombination) -> LinearCombination {
        var sum = lhs
        sum.terms.append(contentsOf: rhs.terms)
        return sum
    }

    public static func - (lhs: LinearCombination, rhs: LinearCombination) -> LinearCombination {
        lhs + -rhs
    }

    public static prefix func - (operand: LinearCombination) -> LinearCombination {
        var result = operand
        for index in result.terms.indices {
            result.terms[index].coefficient = -result.terms[index].coefficient
        }
        return result
    }

    public static func * (factor: Scalar, operand: LinearCombination) -> LinearCombination {
        var result = operand
        for index in result.terms.indices {
            result.terms[index].coefficient *= factor
        }
        return result
    }

    public static func + (lhs: LinearCombination, rhs: Variable) -> LinearCombination {
        lhs + LinearCombination(rhs)
    }

    public static func - (lhs: LinearCombination, rhs: Variable) -> LinearCombination {
        lhs - LinearCombination(rhs)
    }

    public static func + (lhs: LinearCombination, rhs: Scalar) -> LinearCombination {
        lhs + LinearCombination(rhs)
    }

    public static func - (lhs: LinearCombination, rhs: Scalar) -> LinearCombination {
        lhs - LinearCombination(rhs)
    }
}
