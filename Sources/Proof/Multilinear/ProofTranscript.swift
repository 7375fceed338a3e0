import Ristretto255
import Transcript

/// The Merlin transcript of one proof, addressed by `ProofLabel` only.
package struct ProofTranscript: Sendable {
    /// The underlying transcript, for the closing argument, which uses dalek's labels.
    package var merlin: Transcript
    /// Which messages are absorbed, and which constraints the argument over this transcript requires.
    package internal(set) var checks: Checks

    /// - Parameter label: the domain of the whole proof.
    package init(label: StaticString, checks: Checks = .all) {
        merlin = Transcript(label: label)
        self.checks = checks
    }

    private func absorbs(_ label: ProofLabel) -> Bool { !checks.omittedLabels.contains(label) }

    /// Absorbs bytes of any length; Merlin frames them.
    package mutating func append(_ label: ProofLabel, bytes: [UInt8]) {
        guard absorbs(label) else { return }
        merlin.append(label.merlin, bytes: bytes)
    }

    /// Absorbs the 32 canonical bytes of a scalar.
    package mutating func append(_ label: ProofLabel, scalar: Scalar) {
        guard absorbs(label) else { return }
        merlin.append(label.merlin, scalar: scalar)
    }

    /// Absorbs the 32 bytes of a point, whatever they encode.
    package mutating func append(_ label: ProofLabel, point: CompressedRistretto) {
        guard absorbs(label) else { return }
        merlin.append(label.merlin, point: point)
    }

    /// A challenge from 64 bytes reduced modulo l.
    ///
    /// - Throws: `degenerateChallenge` for zero, which an honest party meets with probability 2^-252.
    package mutating func challenge(_ label: ProofLabel) throws(InteractionError) -> Scalar {
        let value = merlin.challengeScalar(label.merlin)
        guard !value.isZero else { throw .degenerateChallenge(label) }
        return value
    }
}
