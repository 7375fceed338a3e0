import Commitments
import Models
import Ristretto255
import Statement

extension ImageSensor {
    /// One signed sample.
    public struct Sample: Sendable {
        /// The place of its challenge among those of the capture.
        public let challenge: Int
        public let opening: Opening
        /// The same capture under the previous model, for an upgrade.
        public let previous: Opening?
        public let attestation: SensorAttestation
        /// 0...1, for advice only.
        public let quality: Double
    }

    /// The committed values that a proof starts from.
    public enum Opening: Sendable {
        case embedding(EmbeddingOpening)
        case start(StartOpening, shape: TensorShape)

        var values: [Int16] {
            switch self {
            case .embedding(let opening): opening.values
            case .start(let opening, _): opening.values
            }
        }

        var commitments: [CompressedRistretto] {
            switch self {
            case .embedding(let opening): [opening.commitment]
            case .start(let opening, _): opening.commitments
            }
        }

        /// What the attestation covers of it.
        var block: SensorAttestation.Block {
            switch self {
            case .embedding(let opening):
                let shape = TensorShape(channels: 1, height: 1, width: opening.values.count)
                return SensorAttestation.Block(shape: shape, rows: commitments)
            case .start(_, let shape):
                return SensorAttestation.Block(shape: shape, rows: commitments)
            }
        }
    }
}
