/// What a proof starts from (`docs/protocol.md` section 1).
public enum Assurance: UInt8, Sendable, CaseIterable {
    /// The committed embedding row.
    case match = 1
    /// A committed feature map.
    case head = 2
    /// The committed network input.
    case full = 3

    public var name: String {
        switch self {
        case .match: "match"
        case .head: "head"
        case .full: "full"
        }
    }

    public init?(name: String) {
        guard let value = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = value
    }
}
