/// Why the interactive part of a proof could not be carried through.
package enum InteractionError: Error, Equatable, Sendable {
    /// A challenge took a value at which the protocol is undefined (zero, or one that is inverted and vanishes).
    case degenerateChallenge(ProofLabel)
    /// The proof holds fewer masked scalars than the shape asks for.
    case missingScalar
    /// The proof holds more masked scalars than the shape asks for.
    case surplusScalars
    /// The opening's public vector vanished, so no mask with the required inner product exists.
    case degenerateOpening
}

extension InteractionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .degenerateChallenge: "a challenge took a value at which the protocol is undefined"
        case .missingScalar: "the proof is too short for its shape"
        case .surplusScalars: "the proof is too long for its shape"
        case .degenerateOpening: "the opening's public vector vanished"
        }
    }
}
