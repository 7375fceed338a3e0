/// The ten fingers, as `net.reactivated.Fprint` names them and as enrolments are labelled.
public struct FingerName: Hashable, Sendable {
    /// Such as `right-index-finger` and `left-thumb`.
    public let name: String
    /// What a new enrolment is called: `right-index`, `left-thumb`.
    public let label: String

    /// In the order of the interface's documentation.
    public static let all: [FingerName] = ["left", "right"].flatMap { side in
        ["thumb", "index", "middle", "ring", "little"].map { FingerName(side: side, finger: $0) }
    }

    private init(side: String, finger: String) {
        label = "\(side)-\(finger)"
        name = finger == "thumb" ? label : "\(label)-finger"
    }

    /// Nil for what the interface knows no finger by; `any` is none.
    public init?(name: String) {
        guard let finger = Self.all.first(where: { $0.name == name }) else { return nil }
        self = finger
    }

    /// The finger that an enrolment is of, by its label; nil where that says something else. Labels may also be written as
    /// fprintd writes its names.
    public init?(label: String) {
        guard let finger = Self.all.first(where: { $0.label == label || $0.name == label }) else { return nil }
        self = finger
    }
}
