import Encoding

/// The fingerprint readers of a machine, as `semblance-sensor --list-readers --json` tells them to a program of root's: libfprint's
/// drivers, which read what a device says, are in no process of root's.
public struct ReaderListing: Equatable, Sendable {
    public struct Entry: Equatable, Sendable {
        /// To configure it by.
        public let name: String
        public let product: String
        /// How a finger is presented, in words.
        public let manner: String
        /// Why it cannot be used, in words.
        public let fault: String?

        public init(name: String, product: String, manner: String, fault: String?) {
            (self.name, self.product, self.manner, self.fault) = (name, product, manner, fault)
        }

        /// What it can do, or why it cannot be used.
        public var words: String { fault ?? "\(product): \(manner)" }
    }

    /// More are not listed.
    public static let maximumReaders = 16
    /// No text of a listing is longer; that of a driver is cut by its shim before.
    private static let maximumTextByteCount = 2048

    public let entries: [Entry]
    /// Why none could be looked for, in words.
    public let fault: String?

    public init(entries: [Entry], fault: String?) {
        (self.entries, self.fault) = (entries, fault)
    }

    /// `{"fault", "readers": [{"fault", "manner", "name", "product"}]}`; a fault that there is not is null.
    public var json: JSON {
        [
            "fault": Self.optional(fault),
            "readers": .array(
                entries.map {
                    [
                        "fault": Self.optional($0.fault), "manner": .string($0.manner), "name": .string($0.name),
                        "product": .string($0.product),
                    ]
                }
            ),
        ]
    }

    /// - Returns: nil unless it is exactly what ``json`` makes, of texts that may be shown as they are.
    public init?(json: JSON) {
        guard case .object(let members) = json, Set(members.keys) == ["fault", "readers"],
            let fault = Self.optionalText(members["fault"]), case .array(let readers)? = members["readers"],
            readers.count <= Self.maximumReaders
        else { return nil }
        let entries = readers.compactMap(Self.entry)
        guard entries.count == readers.count else { return nil }
        self.init(entries: entries, fault: fault)
    }

    private static func entry(_ json: JSON) -> Entry? {
        guard case .object(let members) = json, Set(members.keys) == ["fault", "manner", "name", "product"],
            let fault = optionalText(members["fault"]), let manner = text(members["manner"]),
            let name = text(members["name"]), !name.isEmpty, let product = text(members["product"])
        else { return nil }
        return Entry(name: name, product: product, manner: manner, fault: fault)
    }

    private static func optional(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }

    private static func text(_ json: JSON?) -> String? {
        guard case .string(let text)? = json, text.utf8.count <= maximumTextByteCount, DisplayName.isHarmless(text)
        else { return nil }
        return text
    }

    /// A text, or that there is none; nil of anything else.
    private static func optionalText(_ json: JSON?) -> String?? {
        if json == .null { return .some(nil) }
        return text(json).map { .some($0) }
    }
}
