import Commitments

/// What a proof is for. The role is bound, so that a proof made for one purpose never serves another.
public enum Role: UInt8, Sendable, CaseIterable {
    /// k samples that all match one another become a template.
    case enrol = 1
    /// One sample matches the recorded template.
    case authenticate = 2
    /// As `authenticate`, and the template gets a fresh blinder.
    case reblind = 3
    /// k samples that match the recorded template and one another become the new template.
    case refresh = 4
    /// k samples that match the recorded template under its model, and one another under a new model, become a template
    /// of the new model.
    case upgrade = 5

    /// As JSON messages, files and command lines spell it.
    public var name: String {
        switch self {
        case .enrol: "enrol"
        case .authenticate: "authenticate"
        case .reblind: "reblind"
        case .refresh: "refresh"
        case .upgrade: "upgrade"
        }
    }

    /// Nil for all but the five names, which are lower case.
    public init?(name: String) {
        guard let value = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = value
    }

    /// Whether the statement names a recorded template.
    public var usesTemplate: Bool { self != .enrol }

    /// Whether an accepted proof yields a new template commitment.
    public var yieldsTemplate: Bool { self != .authenticate }

    /// Whether fresh samples replace a recorded template, which may so drift from what was enrolled.
    public var replacesTemplate: Bool { self == .refresh || self == .upgrade }

    /// How many samples a proof of this role may hold.
    public var sampleRange: ClosedRange<Int> {
        switch self {
        case .enrol, .refresh, .upgrade: 1...MatchBounds.maximumSamples
        case .authenticate, .reblind: 1...1
        }
    }
}

/// What a proof starts from (`docs/protocol.md` section 1).
public enum Assurance: UInt8, Sendable, CaseIterable {
    /// The committed embedding row.
    case match = 1
    /// A committed feature map.
    case head = 2
    /// The committed network input.
    case full = 3

    /// As JSON messages, files and command lines spell it.
    public var name: String {
        switch self {
        case .match: "match"
        case .head: "head"
        case .full: "full"
        }
    }

    /// Nil for all but the three names, which are lower case.
    public init?(name: String) {
        guard let value = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = value
    }
}

/// What the sensor captures.
public enum Modality: UInt8, Sendable, CaseIterable {
    case face = 1
    case fingerprint = 2

    /// As JSON messages, files, command lines and models spell it.
    public var name: String {
        switch self {
        case .face: "face"
        case .fingerprint: "fingerprint"
        }
    }

    /// Nil for all but the two names, which are lower case.
    public init?(name: String) {
        guard let value = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = value
    }
}
