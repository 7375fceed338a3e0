import Ristretto255
import Transcript

/// The Merlin transcript of one proof, addressed by `ProofLabel` only.
package struct ProofTranscript: Sendable {
    /// The underlying transcript, for the closing argument, which uses dalek's labels.
    package var merlin: Transcript

    #if SEMBLANCE_TESTING
        /// Messages that a deliberately broken system forgets to absorb (frozen-challenge tests; test builds only).
        package var omitted: Set<ProofLabel> = []
        /// Values that challenges are forced to (degenerate-challenge tests; test builds only).
        package var forced: [ProofLabel: Scalar] = [:]
    #endif

    package init(label: StaticString) {
        merlin = Transcript(label: label)
    }

    private func absorbs(_ label: ProofLabel) -> Bool {
        #if SEMBLANCE_TESTING
            return !omitted.contains(label)
        #else
            return true
        #endif
    }

    package mutating func append(_ label: ProofLabel, bytes: [UInt8]) {
        guard absorbs(label) else { return }
        merlin.append(label.merlin, bytes: bytes)
    }

    package mutating func append(_ label: ProofLabel, scalar: Scalar) {
        guard absorbs(label) else { return }
        merlin.append(label.merlin, scalar: scalar)
    }

    package mutating func append(_ label: ProofLabel, point: CompressedRistretto) {
        guard absorbs(label) else { return }
        merlin.append(label.merlin, point: point)
    }

    private mutating func draw(_ label: ProofLabel) -> Scalar {
        #if SEMBLANCE_TESTING
            if let value = forced[label] { return value }
        #endif
        return merlin.challengeScalar(label.merlin)
    }

    /// A challenge from 64 bytes reduced modulo l.
    ///
    /// - Throws: `degenerateChallenge` for zero, which an honest party meets with probability 2^-252.
    package mutating func challenge(_ label: ProofLabel) throws(InteractionError) -> Scalar {
        let value = draw(label)
        guard !value.isZero else { throw .degenerateChallenge(label) }
        return value
    }
}
