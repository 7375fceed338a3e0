import Bulletproofs

/// Why the interactive part of a proof could not be carried through.
public enum InteractionError: Error, Equatable, Sendable {
    /// A challenge took a value at which the protocol is undefined (zero, or one that is inverted and vanishes).
    case degenerateChallenge(ProofLabel)
    /// The opening's public vector vanished, so no mask with the required inner product exists.
    case degenerateOpening
    /// The proof holds fewer masked scalars than the shape asks for.
    case missingScalar
    /// The proof holds more masked scalars than the shape asks for.
    case surplusScalars
    /// A list of rows, folds or scalars is not of the shape's length.
    case wrongLength
}

/// Why an argument could not be made, or does not fit its shape. No case carries a secret.
public enum ArgumentError: Error, Equatable, Sendable {
    /// An element is not the encoding of a point.
    case invalidPoint
    case interaction(InteractionError)
    /// The closing argument's own reason.
    case closing(BulletproofError)

    /// Whether an honest prover, too, meets it, with a probability of about 2^-240: it may try again.
    package var isChance: Bool {
        switch self {
        case .interaction(.degenerateChallenge), .interaction(.degenerateOpening), .closing(.zeroChallenge): true
        case .interaction, .closing, .invalidPoint: false
        }
    }
}

extension InteractionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .degenerateChallenge: "a challenge took a value at which the protocol is undefined"
        case .degenerateOpening: "the opening's public vector vanished"
        case .missingScalar: "the proof is too short for its shape"
        case .surplusScalars: "the proof is too long for its shape"
        case .wrongLength: "a list of the proof does not have the length that its shape asks for"
        }
    }
}

extension ArgumentError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidPoint: "an element is not the encoding of a point"
        case .interaction(let error): "\(error)"
        case .closing(let error): "the closing argument: \(error)"
        }
    }
}
