import Bulletproofs
import BulletproofsRange
import Ristretto255
import Sodium
import Transcript

/// Range proofs, single and aggregated.
enum RangeBenchmarks {
    static func run(_ stopwatch: Stopwatch, reference: Double) throws -> [Measurement] {
        try [1, 16].flatMap { parties in
            var randomness = SystemRandom()
            let generators = BulletproofGenerators(capacity: 64, parties: parties)
            let values = (0..<parties).map { _ in UInt64.random(in: 0 ... .max, using: &randomness) }
            let blindings = values.map { _ in Scalar.random(using: &randomness) }
            var made: (proof: RangeProof, commitments: [CompressedRistretto])?
            let prove = try stopwatch.median {
                var transcript = Transcript(label: "semblance bench")
                made = try RangeProof.prove(
                    values: values,
                    blindings: blindings,
                    bits: 64,
                    generators: generators,
                    pedersen: .standard,
                    transcript: &transcript,
                    randomness: &randomness
                )
            }
            guard let made else { return [Measurement]() }
            let verify = try stopwatch.median {
                var transcript = Transcript(label: "semblance bench")
                try made.proof.verify(
                    commitments: made.commitments,
                    bits: 64,
                    generators: generators,
                    pedersen: .standard,
                    transcript: &transcript,
                    randomness: &randomness
                )
            }
            let name = parties == 1 ? "range 64-bit" : "range \(parties) x 64-bit"
            return [
                Measurement(
                    "\(name), prove",
                    seconds: prove,
                    reference: reference,
                    byteCount: made.proof.encode().count
                ),
                Measurement("\(name), verify", seconds: verify, reference: reference),
            ]
        }
    }
}
