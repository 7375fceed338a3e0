import Multilinear
import Ristretto255

/// What a network proof is bound to besides its rows (`docs/protocol.md` section 7.4).
package struct NetworkContext: Sendable {
    /// The signed challenge.
    package var challenge: [UInt8]
    /// The sample's attestation, or empty.
    package var attestation: [UInt8]
    /// The model's identity, 32 bytes.
    package var model: [UInt8]
    /// From 0.
    package var sample: Int
    /// The block that the proof starts from.
    package var start: Int

    package init(challenge: [UInt8], attestation: [UInt8], model: [UInt8], sample: Int, start: Int) {
        self.challenge = challenge
        self.attestation = attestation
        self.model = model
        self.sample = sample
        self.start = start
    }
}

/// The statement of a network proof: the embedding in row E_i is what the model's network makes of the block in the start
/// rows (`docs/protocol.md` section 7).
package struct NetworkStatement: ArgumentStatement {
    package typealias Opening = MatrixOpening
    package typealias Witness = NetworkProver.Input

    package static let label: StaticString = "semblance network v1"
    static let suite: [UInt8] = Array("ristretto255-merlin-network-v1".utf8)

    /// Of the model from the start block on.
    package let shape: NetworkShape
    /// What message 0 absorbs.
    package let context: NetworkContext

    package init(_ shape: NetworkShape, _ context: NetworkContext) {
        self.shape = shape
        self.context = context
    }

    package var layout: ArgumentLayout {
        ArgumentLayout(
            lookup: shape.lookup,
            opening: shape.opening,
            copies: shape.copies,
            gateCount: shape.gateCount
        )
    }

    /// The parameter rows are in the model's identity; the other rows follow.
    package func absorb(into transcript: inout ProofTranscript) {
        transcript.append(.suite, bytes: Self.suite)
        transcript.append(.challenge, bytes: context.challenge)
        transcript.append(.attestation, bytes: context.attestation)
        transcript.append(.model, bytes: context.model)
        let start = UInt16(truncatingIfNeeded: context.start)
        transcript.append(
            .sample,
            bytes: [
                UInt8(truncatingIfNeeded: context.sample), UInt8(truncatingIfNeeded: start),
                UInt8(truncatingIfNeeded: start >> 8),
            ]
        )
    }

    /// Every wire is a pad.
    package func requireLocal(_ constraints: inout ConstraintList) {}

    /// The weights of the layers' claims where the lookups of R and Q ended.
    func layerPoints(column: [Scalar]) -> [LayerPoint] {
        (shape.start..<shape.description.layers.count).map { LayerPoint(shape, layer: $0, column: column) }
    }
}
