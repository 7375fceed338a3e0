import Foundation
import GRDB
import Ristretto255
import Statement

/// What the verifier knows about a template. A commitment without such a record is refused (attacks.md F6), and a
/// rotation carries everything over but the commitment and the epoch.
public struct EnrolmentRecord: Equatable, Sendable {
    /// The version of the proof protocol.
    static let currentSuite = 1

    let id: Int64
    /// Whose it is: 1 to 128 bytes.
    public var subject: String
    /// What the template is of.
    public var modality: Modality
    /// Its name among the subject's: 1 to 64 bytes.
    public var label: String
    /// `C_t`.
    public var commitment: CompressedRistretto
    /// Identity of the embedding network, 32 bytes.
    public var model: [UInt8]
    /// Embedding dimension d.
    public var dimension: Int
    /// `num` of `cos^2 >= num / 2^16`.
    public var threshold: UInt16
    /// `E_min`: the least <e, e>.
    public var minimumNorm: UInt32
    /// k: samples in the template.
    public var samples: Int
    /// How much its proofs cover; never less than it was made with.
    public var assurance: Assurance
    /// Rotations since it was made.
    public var epoch: UInt64
    /// Rotations that replaced the template, which may have drifted with each.
    public var refreshes: Int
    /// The sensor that signed the enrolment, 32 bytes; nil where none did.
    public var sensorKey: [UInt8]?
    /// Whether it serves.
    public var state: EnrolmentState
    /// Seconds since 1970-01-01 UTC.
    public var created: UInt64
    /// When it was last changed; seconds since 1970-01-01 UTC.
    public var updated: UInt64
    /// Where it serves.
    public var device: EnrolledDevice

    /// The columns of `Schema.enrolments`.
    var values: [(any DatabaseValueConvertible)?] {
        [
            subject, Int(modality.rawValue), label, Data(commitment.bytes), Self.currentSuite, Data(model), dimension,
            Int(threshold), Int64(minimumNorm), samples, Int(assurance.rawValue), Int64(clamping: epoch), refreshes,
            sensorKey.map { Data($0) }, state.rawValue, Int64(clamping: created), Int64(clamping: updated),
            device.databaseValue,
        ]
    }

    init(
        id: Int64 = 0,
        subject: String,
        modality: Modality,
        label: String,
        commitment: CompressedRistretto,
        model: [UInt8],
        dimension: Int,
        threshold: UInt16,
        minimumNorm: UInt32,
        samples: Int,
        assurance: Assurance,
        epoch: UInt64,
        sensorKey: [UInt8]?,
        created: UInt64,
        device: EnrolledDevice
    ) {
        self.id = id
        self.subject = subject
        self.modality = modality
        self.label = label
        self.commitment = commitment
        self.model = model
        self.dimension = dimension
        self.threshold = threshold
        self.minimumNorm = minimumNorm
        self.samples = samples
        self.assurance = assurance
        self.epoch = epoch
        self.refreshes = 0
        self.sensorKey = sensorKey
        self.state = .active
        self.created = created
        self.updated = created
        self.device = device
    }

    init(row: SealedRow) throws {
        guard let modality = Modality(rawValue: try row.integer("modality")),
            let assurance = Assurance(rawValue: try row.integer("assurance")),
            let state = EnrolmentState(rawValue: try row.value("state")),
            let commitment = CompressedRistretto(try row.bytes("commitment")),
            let device = EnrolledDevice(databaseValue: try row.optional("device", as: Data.self)),
            try row.integer("suite", as: Int.self) == Self.currentSuite
        else { throw row.damaged }
        self.id = row.id
        self.subject = try row.value("subject")
        self.modality = modality
        self.label = try row.value("label")
        self.commitment = commitment
        self.model = try row.bytes("model", count: 32)
        self.dimension = try row.integer("dimension")
        self.threshold = try row.integer("threshold")
        self.minimumNorm = try row.integer("minimumNorm")
        self.samples = try row.integer("samples")
        self.assurance = assurance
        self.epoch = try row.integer("epoch")
        self.refreshes = try row.integer("refreshes")
        self.sensorKey = try row.optional("sensorKey", as: Data.self).map { [UInt8]($0) }
        self.state = state
        self.created = try row.integer("created")
        self.updated = try row.integer("updated")
        self.device = device
    }
}

/// Whether an enrolment serves for logging in.
public enum EnrolmentState: String, Sendable {
    case active
    case revoked
}

/// Where an enrolment may be used: it serves at the place where it was made, and nowhere else.
public enum EnrolledDevice: Equatable, Sendable {
    /// Made on the Unix socket; only local callers are asked about it.
    case local
    /// Made over HTTP before records named their device: it serves any, until the first login that it accepts binds it
    /// to that login's device.
    case unbound
    /// Made over HTTP by the holder of this Ed25519 key, 32 bytes; only he is asked about it.
    case key([UInt8])

    /// The column: NULL, empty, or the key.
    var databaseValue: Data? {
        switch self {
        case .local: nil
        case .unbound: Data()
        case .key(let key): Data(key)
        }
    }

    /// Nil for bytes that are no key.
    init?(databaseValue: Data?) {
        switch databaseValue?.count {
        case nil: self = .local
        case 0: self = .unbound
        case 32: self = .key([UInt8](databaseValue ?? Data()))
        default: return nil
        }
    }
}
