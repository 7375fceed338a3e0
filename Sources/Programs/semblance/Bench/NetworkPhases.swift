import MatchProof
import Models
import NetworkProof
import Ristretto255
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

/// The unit in which work is counted that has to be the same on every machine: one product of scalars modulo l.
enum ScalarProduct {
    /// Seconds of processor time for one, of many that do not depend on one another: the least of several runs.
    static func seconds() -> Double {
        var generator = SystemRandomNumberGenerator()
        let factors = (0..<512).map { _ in Scalar.random(using: &generator) }
        var products = factors
        let rounds = 256
        var least = Double.infinity
        for _ in 0..<16 {
            let start = Processor.seconds
            for _ in 0..<rounds {
                for index in factors.indices { products[index] *= factors[index] }
            }
            // A vanishing product would be a fault; asked for, so that the loop is not left out.
            precondition(!products.contains(.zero), "the product of two scalars that are not zero is zero")
            least = min(least, (Processor.seconds - start) / Double(rounds * factors.count))
        }
        return least
    }
}
