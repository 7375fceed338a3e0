import Ristretto255

@testable import Multilinear
@testable import Transcript

extension ArgumentStatement {
    /// Message 0 in a system of one's own.
    ///
    /// - Parameter prepare: what is done before anything is absorbed.
    func transcript(preparing prepare: (inout ProofTranscript) -> Void) -> ProofTranscript {
        var transcript = ProofTranscript(label: Self.label)
        prepare(&transcript)
        absorb(into: &transcript)
        return transcript
    }
}

extension ProofTranscript {
    /// Programs the random oracle: what every draw yields, in order.
    mutating func program(_ challenges: [Scalar]) {
        merlin.programmedChallenges = challenges
    }
}

/// A prover's masked messages, to be changed once every challenge up to the closing argument is known.
struct SentMessages {
    var sent: [Scalar]
    let challenges: [Scalar]
}
