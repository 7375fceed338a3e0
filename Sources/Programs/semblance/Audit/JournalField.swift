/// The journal's reader. Its path is no option: root would run whatever it names.
enum Journal {
    static let program = "/usr/bin/journalctl"
}

/// Fields of the journal as `journalctl --output=json` writes them.
enum JournalField {
    /// A field is a text, bytes that are none, or several of them, of which the first counts.
    static func text(_ value: Any?) -> String? {
        switch value {
        case let text as String: text
        case let bytes as [Int]: String(decoding: bytes.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
        case let several as [Any]: text(several.first)
        default: nil
        }
    }

    /// What the log called an event, without the values that stand behind it (docs/processes.md, "Log").
    static func words(of entry: [String: Any], message: String) -> String {
        guard entry.keys.contains(where: { $0.hasPrefix("SEMBLANCE_") }),
            let end = message.firstRange(of: #/ [a-zA-Z]+=/#)?.lowerBound
        else { return message }
        return String(message[..<end])
    }
}
