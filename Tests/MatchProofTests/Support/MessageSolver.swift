import Ristretto255

@testable import MatchProof
@testable import Multilinear
@testable import ProofTestSupport
@testable import Statement

/// Makes all constraints hold by changing messages along one direction after every challenge is known: what a prover can
/// do where the messages were not absorbed.
struct MessageSolver {
    /// Why no change of these messages helps.
    struct Unsolvable: Error {}

    let statement: MatchStatement

    init(_ challenge: SignedChallenge) {
        statement = MatchStatement(challenge)
    }

    /// - Parameter direction: indices of masked scalars and how much of the unknown goes to each.
    func solve(
        _ messages: inout SentMessages,
        _ opening: OpeningProof,
        _ wires: WireAssignment,
        along direction: [(index: Int, factor: Scalar)]
    ) throws {
        let original = messages.sent
        func moved(by step: Scalar) -> [Scalar] {
            var sent = original
            for (index, factor) in direction { sent[index] += factor * step }
            return sent
        }
        func residuals(at step: Scalar) throws -> [Scalar] {
            var replay = ReplayChannel(scalars: moved(by: step), challenges: messages.challenges)
            var constraints = ConstraintList()
            _ = try statement.constraints(opening: opening, channel: &replay, into: &constraints)
            return constraints.constraints.map { $0.form.evaluate { wires[$0] } }
        }
        // Every constraint is at most quadratic in the step.
        let values = try [Scalar.zero, .one, .two].map(residuals)
        guard let broken = values[0].firstIndex(where: { !$0.isZero }) else { return }
        let constant = values[0][broken]
        let square = (values[2][broken] - values[1][broken].doubled() + constant) * Scalar.two.inverse()
        let linear = values[1][broken] - constant - square
        let step: Scalar
        if square.isZero {
            guard !linear.isZero else { throw Unsolvable() }
            step = -constant * linear.inverse()
        } else {
            guard let root = (linear.squared() - Scalar(4) * square * constant).squareRoot else { throw Unsolvable() }
            step = (root - linear) * (square + square).inverse()
        }
        guard try residuals(at: step).allSatisfy(\.isZero) else { throw Unsolvable() }
        messages.sent = moved(by: step)
    }
}

extension Scalar {
    /// A square root, if there is one: l is 5 modulo 8 (Atkin's case).
    var squareRoot: Scalar? {
        let quarter = Self.shifted((-Scalar.one).bytes, by: 2)
        var root = power(Self.shifted(quarter, by: 1)) * self
        if root.squared() == self { return root }
        root *= Scalar.two.power(quarter)
        return root.squared() == self ? root : nil
    }

    private func power(_ exponent: [UInt8]) -> Scalar {
        var result = Scalar.one
        for byte in exponent.reversed() {
            for bit in (0..<8).reversed() {
                result = result.squared()
                if byte >> UInt8(bit) & 1 == 1 { result *= self }
            }
        }
        return result
    }

    private static func shifted(_ bytes: [UInt8], by count: UInt8) -> [UInt8] {
        bytes.indices.map { index in
            let high = index + 1 < bytes.count ? bytes[index + 1] : 0
            return bytes[index] >> count | high << (8 - count)
        }
    }
}
