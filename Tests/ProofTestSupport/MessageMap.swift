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

    init(of statement: some ArgumentStatement) throws {
        var recorder = Recorder()
        var constraints = ConstraintList()
        _ = try statement.constraints(
            opening: OpeningProof.blank(statement.layout.opening),
            channel: &recorder,
            into: &constraints
        )
        messages = recorder.messages
        pads = recorder.pads
        challenges = recorder.challenges
        challengesBefore = recorder.challengesBefore
    }

    func indices(of label: ProofLabel) -> [Int] { messages.indices.filter { messages[$0] == label } }

    func challengeIndices(of label: ProofLabel) -> [Int] { challenges.indices.filter { challenges[$0] == label } }

    /// What a programmed oracle yields up to the closing argument: arbitrary values, and `value` for each challenge of `label`.
    ///
    /// - Parameter clause: challenges that a statement draws after the opening.
    func program(_ label: ProofLabel, _ value: Scalar, clause: [ProofLabel] = []) -> [Scalar] {
        (challenges + clause).enumerated().map { $1 == label ? value : Scalar(UInt64(0x1234_5677 + 3 * $0)) }
    }

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
struct Recorder: MessageChannel {
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
