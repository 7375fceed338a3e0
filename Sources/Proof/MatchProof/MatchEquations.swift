import Bulletproofs
import Multilinear
import NetworkProof
import Ristretto255

/// The group equations that a proof stands on. All must hold; they are checked as one, under random weights.
struct MatchEquations: Sendable {
    /// The opened value belongs to the committed rows.
    let opening: GroupEquation
    /// `C_t' - C_t` is a multiple of H, and its factor is known.
    let reblinding: GroupEquation?
    /// The wires behind the masked messages satisfy every constraint.
    let closing: VerificationEquation
    let closingGenerators: BulletproofGenerators
    /// Each embedding row is the network's output on its start rows.
    var networks: [NetworkEquations] = []

    /// One multiscalar multiplication for all equations; a false one survives with probability 2^-252.
    func hold(using randomness: inout some RandomNumberGenerator) -> Bool {
        var sum = opening
        if let reblinding {
            sum.add(reblinding, times: Scalar.random(using: &randomness))
        }
        let weight = Scalar.random(using: &randomness)
        guard sum.add(closing, generators: closingGenerators, times: weight) else { return false }
        for network in networks {
            guard let equation = network.combined(using: &randomness) else { return false }
            sum.add(equation, times: Scalar.random(using: &randomness))
        }
        return sum.holds
    }
}
