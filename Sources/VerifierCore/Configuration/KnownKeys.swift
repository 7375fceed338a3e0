import ServiceSupport

extension Decoder {
    /// A keyed container that holds no key but those of `Keys`.
    ///
    /// - Throws: ``ConfigurationFault/unknownKey(_:)`` with the dotted path of the first other key.
    func knownKeys<Keys: CodingKey & CaseIterable>(_ keys: Keys.Type) throws -> KeyedDecodingContainer<Keys> {
        let known = Set(keys.allCases.map(\.stringValue))
        for key in try container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
            throw ConfigurationFault.unknownKey(
                (codingPath.map(\.stringValue) + [key.stringValue]).joined(separator: ".")
            )
        }
        return try container(keyedBy: keys)
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init?(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        return nil
    }
}
