import MatchProof
import Models
import NetworkProof
import Sodium
import Statement

/// Where the processor time of a network proof goes, counted in scalar products for each activation that it covers: a measure
/// of the work, which hardly depends on the machine.
struct NetworkPhases: Codable {
    let commit: Double
    let lookups: Double
    let layers: Double
    let opening: Double
    let closing: Double
    let total: Double

    /// - Parameters:
    ///   - prove: makes one proof and tells which phase is done.
    ///   - product: seconds of one scalar product, in the same run.
    init(
        repetitions: Int,
        activations: Int,
        product: Double,
        _ prove: ((NetworkProver.Phase) -> Void) throws -> Void
    ) rethrows {
        var seconds: [NetworkProver.Phase: Double] = [:]
        for _ in 0..<repetitions {
            var start = Processor.seconds
            try prove { phase in
                seconds[phase, default: 0] += Processor.seconds - start
                start = Processor.seconds
            }
        }
        let unit = product * Double(repetitions * max(1, activations))
        func count(_ phase: NetworkProver.Phase) -> Double { (seconds[phase] ?? 0) / unit }
        commit = count(.commit)
        lookups = count(.lookups)
        layers = count(.layers)
        opening = count(.opening)
        closing = count(.closing)
        total = commit + lookups + layers + opening + closing
    }
}

extension NetworkBenchmark {
    /// The phases of the network's proof, which is nearly all of a login's.
    func phases(
        _ login: SignedChallenge,
        _ sample: CommittedSample,
        start: Int,
        repetitions: Int,
        product: Double
    ) throws -> NetworkPhases {
        let published = model.published
        let description = published.description
        let shape = NetworkShape(description, start: start)
        let context = NetworkContext(login, sample: 0, sample.attestation, published, start: start)
        let activations = description.layers[start...].reduce(0) { $0 + $1.output.count }
        var system = SystemRandom()
        return try NetworkPhases(repetitions: repetitions, activations: activations, product: product) { finished in
            guard let input = NetworkProver.Input(sample, shape, model.provingModel.parameters) else {
                throw ProverError.wrongModel
            }
            _ = try NetworkProver.prove(NetworkStatement(shape, context), input, using: &system, finished: finished)
        }
    }
}
