import Ristretto255

@testable import Multilinear
@testable import NetworkProof
@testable import ProofTestSupport

/// Makes all constraints hold by changing messages along one direction after every challenge is known: what a prover can
/// do where the messages were not absorbed.
struct NetworkMessageSolver {
    /// Why no change of these messages helps.
    struct Unsolvable: Error {}

    let shape: NetworkShape

    /// - Parameter direction: indices of masked scalars and how much of the unknown goes to each; every constraint must
    ///   be linear in it.
    func solve(
        _ messages: inout SentMessages,
        _ opening: OpeningProof,
        _ wires: WireAssignment,
        along direction: [(index: Int, factor: Scalar)]
    ) throws {
        let original = messages.sent
        let challenges = messages.challenges
        func moved(by step: Scalar) -> [Scalar] {
            var sent = original
            for (index, factor) in direction { sent[index] += factor * step }
            return sent
        }
        func residuals(at step: Scalar) throws -> [Scalar] {
            var replay = ReplayChannel(scalars: moved(by: step), challenges: challenges)
            var constraints = ConstraintList()
            _ = try NetworkStatement(shape).constraints(opening: opening, channel: &replay, into: &constraints)
            return constraints.constraints.map { $0.form.evaluate { wires[$0] } }
        }
        let constant = try residuals(at: .zero)
        guard let broken = constant.firstIndex(where: { !$0.isZero }) else { return }
        let slope = try residuals(at: .one)[broken] - constant[broken]
        guard !slope.isZero else { throw Unsolvable() }
        let step = -constant[broken] * slope.inverse()
        guard try residuals(at: step).allSatisfy(\.isZero) else { throw Unsolvable() }
        messages.sent = moved(by: step)
    }
}
