import Commitments
import Encoding
import Models

/// What one match proof of an envelope shows. All roles have a single part, except an upgrade, whose samples match the
/// template under the previous model and one another under the new one (`docs/protocol.md` section 8).
package enum StatementPart: UInt8, Sendable {
    case whole = 0
    /// The samples under the new model: as an enrolment.
    case upgraded = 1
    /// The samples under the previous model, against the recorded template: as a refresh.
    case previous = 2
}

extension Challenge {
    /// The parts of a proof that answers this challenge, in order.
    package var parts: [StatementPart] { role == .upgrade ? [.upgraded, .previous] : [.whole] }

    /// The statement that a part shows, as the challenge of a simpler role. Never signed, encoded or absorbed.
    package func statement(of part: StatementPart) -> Challenge {
        var statement = self
        switch part {
        case .whole:
            break
        case .upgraded:
            statement.role = .enrol
            statement.template = nil
            statement.previous = nil
        case .previous:
            statement.role = .refresh
            statement.previous = nil
            if let previous {
                statement.model = previous.identity
                statement.dimension = previous.dimension
                statement.threshold = previous.threshold
                statement.minimumNorm = previous.minimumNorm
            }
        }
        return statement
    }
}

/// The model of the recorded template, in the challenge of an upgrade: what the samples must match it under.
public struct PreviousModel: Equatable, Sendable {
    /// Identity, 32 bytes.
    public var identity: [UInt8]
    /// d, 8...512; may differ from the new model's.
    public var dimension: Int
    /// `num`: `cos^2 >= num / 2^16`; at least 1.
    public var threshold: UInt16
    /// `E_min`: 10 d to 127^2 d.
    public var minimumNorm: UInt32

    public init(identity: [UInt8], dimension: Int, threshold: UInt16, minimumNorm: UInt32) {
        self.identity = identity
        self.dimension = dimension
        self.threshold = threshold
        self.minimumNorm = minimumNorm
    }

    func validate() throws(WireError) {
        guard identity.count == 32 else { throw .outOfRange(field: .model) }
        guard MatchBounds.dimensions.contains(dimension) else { throw .outOfRange(field: .dimension) }
        guard threshold >= 1 else { throw .outOfRange(field: .threshold) }
        guard MatchBounds.isUsable(minimumNorm: minimumNorm, dimension: dimension) else {
            throw .outOfRange(field: .minimumNorm)
        }
    }

    /// u16 d, u16 num and u32 E_min behind the identity: the end of an upgrade's challenge (docs/protocol.md section
    /// 2.1).
    package func write(to writer: inout WireWriter) {
        writer.append(raw: identity)
        writer.append(UInt16(truncatingIfNeeded: dimension))
        writer.append(threshold)
        writer.append(minimumNorm)
    }

    /// Any values; `validate()` refuses those out of range.
    package init(reading reader: inout WireReader) throws(WireError) {
        identity = try reader.readRaw(32)
        dimension = Int(try reader.readInteger(UInt16.self))
        threshold = try reader.readInteger()
        minimumNorm = try reader.readInteger()
    }
}

extension PublishedModel {
    /// The block that a proof at this assurance starts from; nil at `match`, which proves no layer, and where the network
    /// cannot be cut for `head`.
    public func startBlock(at assurance: Assurance) -> Int? {
        switch assurance {
        case .match: nil
        case .head: description.headStart > 0 ? description.headStart : nil
        case .full: 0
        }
    }

    /// Whether proofs of both models at this assurance start from the same rows of one image, as input, preprocessing and
    /// row width agree. An upgrade between such models must do so (`docs/protocol.md` section 8).
    public func sharesStart(with other: PublishedModel, at assurance: Assurance) -> Bool {
        assurance == .full && header.preprocessing == other.header.preprocessing
            && description.input == other.description.input
            && ParameterLayout(description).rowWidth == ParameterLayout(other.description).rowWidth
    }

    /// Whether the statement is about this model: identity, dimension and modality.
    package func isModel(of challenge: Challenge) -> Bool {
        identity == challenge.model && dimension == challenge.dimension && modality == challenge.modality.name
    }
}

/// What one capture gives a prover: a committed embedding, the sensor's signature on what the proof starts from, where
/// there is one, and the run of the network. Secret.
public struct CommittedSample: Sendable {
    /// Of the embedding; under the new model in the first part of an upgrade.
    public let opening: EmbeddingOpening
    /// Nil where no sensor vouches for the capture: such a proof shows `possession` only.
    public let attestation: SensorAttestation?
    /// How the embedding came about; needed at `head` and `full`.
    public let network: NetworkEvidence?

    public init(
        opening: EmbeddingOpening,
        attestation: SensorAttestation?,
        network: NetworkEvidence? = nil
    ) {
        self.opening = opening
        self.attestation = attestation
        self.network = network
    }
}

/// How a sample's embedding came about: the committed start block and the run of the network. Secret.
public struct NetworkEvidence: Sendable {
    /// The block that the assurance starts from, with its blinders.
    public let start: StartOpening
    /// The layers from that block on; what is before it may be empty.
    public let trace: NetworkTraceValues

    public init(start: StartOpening, trace: NetworkTraceValues) {
        self.start = start
        self.trace = trace
    }
}
