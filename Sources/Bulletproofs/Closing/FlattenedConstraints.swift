import Ristretto255

/// The constraints folded by the powers of `z`, `z W_L, z W_R, z W_O, z W_V, z c` in the notation of the paper's
/// section 5: constraint number `q`, from 0, has the weight `z^(q+1)`.
struct FlattenedConstraints {
    var left: [Scalar]
    var right: [Scalar]
    var output: [Scalar]
    var committed: [Scalar]
    var constant = Scalar.zero

    init(gateCount: Int, commitmentCount: Int) {
        left = Array(repeating: .zero, count: gateCount)
        right = left
        output = left
        committed = Array(repeating: .zero, count: commitmentCount)
    }

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

    /// Folds constraints on numbered wires. Throws ``BulletproofError/unknownVariable``.
    init(_ constraints: [SparseConstraint], gateCount: Int, z: Scalar) throws(BulletproofError) {
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
