import Multilinear

/// The equations that one part of an envelope stands on. All must hold; they are checked as one, under random weights.
struct MatchEquations: Sendable {
    var argument: ArgumentEquations
    /// `C_t' - C_t` is a multiple of H, and its factor is known.
    var reblinding: Equation?
    /// Each embedding row is the network's output on its start rows.
    var networks: [ArgumentEquations] = []

    var all: [Equation] {
        argument.all + (reblinding.map { [$0] } ?? []) + networks.flatMap(\.all)
    }

    /// One multiscalar multiplication for all equations; a false one survives with probability 2^-252.
    func hold(using randomness: inout some RandomNumberGenerator) -> Bool {
        Equation.hold(all, using: &randomness)
    }
}
