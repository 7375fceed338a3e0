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

/// A fraction tree whose levels need not follow from one another.
struct ForgedTree: FractionLevels {
    /// Level l has 2^l of each.
    let numerators: [[Scalar]]
    let denominators: [[Scalar]]

    var height: Int { denominators.count - 1 }

    func explicitCount(level: Int) -> Int { denominators[level].count }

    func tail(level: Int) -> (numerator: Scalar, denominator: Scalar) { (.zero, .one) }

    func read(
        level: Int,
        _ range: Range<Int>,
        numerators: UnsafeMutablePointer<Scalar>,
        denominators: UnsafeMutablePointer<Scalar>
    ) {
        for (offset, index) in range.enumerated() {
            numerators[offset] = self.numerators[level][index]
            denominators[offset] = self.denominators[level][index]
        }
    }
}
