/// What the sensor captures.
public enum Modality: UInt8, Sendable, CaseIterable {
    case face = 1
    case fingerprint = 2

    public var name: String {
        switch self {
        case .face: "face"
        case .fingerprint: "fingerprint"
        }
    }

    public init?(name: String) {
        guard let value = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = value
    }
}
