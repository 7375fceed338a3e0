import Ristretto255

@testable import Multilinear

/// The order of a proof's masked scalars and challenges.
struct MessageMap {
    let messages: [ProofLabel]
    /// Which wire masks each message.
    let pads: [Wire]
    let challenges: [ProofLabel]
    /// Number of challenges drawn before each message.
    private let challengesBefore: [Int]

    /// - Parameter build: builds the constraints of a proof from the channel's messages.
    init(_ build: (inout Recorder, inout ConstraintList) throws -> Void) rethrows {
        var recorder = Recorder()
        var constraints = ConstraintList()
        try build(&recorder, &constraints)
        messages = recorder.messages
        pads = recorder.pads
        challenges = recorder.challenges
        challengesBefore = recorder.challengesBefore
    }

    func indices(of label: ProofLabel) -> [Int] { messages.indices.filter { messages[$0] == label } }

    func challengeIndices(of label: ProofLabel) -> [Int] { challenges.indices.filter { challenges[$0] == label } }

    /// Messages with this label in the lookup's layer `level`.
    func indices(of label: ProofLabel, level: Int) -> [Int] {
        indices(of: label).filter { index in
            challenges.prefix(challengesBefore[index]).filter { $0 == .treeMerge }.count == level
        }
    }
}

extension OpeningProof {
    /// An opening of the right lengths that proves nothing.
    static func blank(_ layout: OpeningLayout) -> OpeningProof {
        OpeningProof(
            maskCommitment: .identity,
            maskedValue: .one,
            maskedBlinder: .one,
            folds: Array(repeating: (.identity, .identity), count: layout.foldCount),
            vector: Array(repeating: .one, count: layout.foldedCount)
        )
    }
}

/// A channel that answers everything and remembers what was asked.
struct Recorder: Channel {
    var messages: [ProofLabel] = []
    var pads: [Wire] = []
    var challenges: [ProofLabel] = []
    var challengesBefore: [Int] = []

    mutating func receive(_ label: ProofLabel, pad: Wire) -> MaskedScalar {
        messages.append(label)
        pads.append(pad)
        challengesBefore.append(challenges.count)
        return MaskedScalar(sent: .one, pad: pad)
    }

    mutating func challenge(_ label: ProofLabel) -> Scalar {
        challenges.append(label)
        return Scalar(UInt64(challenges.count + 1))
    }

    mutating func absorb(_ label: ProofLabel, scalar: Scalar) {}
    mutating func absorb(_ label: ProofLabel, point: CompressedRistretto) {}
}
