import Encoding

/// The keys of a document that no type has asked for yet. Not by dotted paths: a key with a dot in it would pass for another.
final class UnreadKeys {
    private var keys: Set<[String]> = []
    private var known: Set<[String]> = []

    /// The first of them in ascending order, as a dotted path.
    var first: String? { keys.subtracting(known).map { $0.joined(separator: ".") }.min() }

    func add(_ key: [String]) { keys.insert(key) }
    func read(_ key: [String]) { known.insert(key) }
}

/// Decodes a parsed JSON value. Each error names its key, numbers are never rounded, and keys that nobody asks for are
/// remembered.
struct ConfigurationDecoder: Decoder {
    let value: JSON
    let codingPath: [any CodingKey]
    let unread: UnreadKeys
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(_ value: JSON, path: [any CodingKey], unread: UnreadKeys) {
        self.value = value
        self.codingPath = path
        self.unread = unread
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw wrong("an object is wanted") }
        return KeyedDecodingContainer(Members(members: members, decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let values) = value else { throw wrong("a list is wanted") }
        return Elements(values: values, decoder: self)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    /// The decoder of a member or an element.
    fileprivate func below(_ key: any CodingKey, _ value: JSON) -> ConfigurationDecoder {
        ConfigurationDecoder(value, path: codingPath + [key], unread: unread)
    }

    fileprivate var names: [String] { codingPath.map(\.stringValue) }

    fileprivate func path(_ key: (any CodingKey)? = nil) -> String {
        (codingPath + (key.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
    }

    fileprivate func wrong(_ reason: String) -> ConfigurationFault {
        .wrongValue(key: path(), reason: value == .null ? "null" : "of the wrong type: \(reason)")
    }
}

extension ConfigurationDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { value == .null }

    func decode(_ type: Bool.Type) throws -> Bool {
        guard case .bool(let flag) = value else { throw wrong("true or false is wanted") }
        return flag
    }

    func decode(_ type: String.Type) throws -> String {
        guard case .string(let text) = value else { throw wrong("a string is wanted") }
        return text
    }

    func decode(_ type: Double.Type) throws -> Double {
        switch value {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: throw wrong("a number is wanted")
        }
    }

    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try integer() }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer() }
    func decode(_ type: UInt.Type) throws -> UInt { try integer() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer() }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

    /// 1e3 and 5.0 are whole numbers, 9.5 is none.
    private func integer<Value: FixedWidthInteger>() throws -> Value {
        switch value {
        case .integer(let number):
            guard let exact = Value(exactly: number) else { throw outOfRange }
            return exact
        case .number(let number):
            guard number == number.rounded() else { throw wrong("a whole number is wanted, not \(number)") }
            guard let exact = Value(exactly: number) else { throw outOfRange }
            return exact
        default: throw wrong("a whole number is wanted")
        }
    }

    private var outOfRange: ConfigurationFault { .wrongValue(key: path(), reason: "out of range") }
}

/// The place of an element in a list.
private struct Place: CodingKey {
    let intValue: Int?
    var stringValue: String { intValue.map(String.init) ?? "" }

    init(_ index: Int) { self.intValue = index }
    init?(intValue: Int) { self.intValue = intValue }
    init?(stringValue: String) { return nil }
}

private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: [String: JSON]
    let decoder: ConfigurationDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }

    init(members: [String: JSON], decoder: ConfigurationDecoder) {
        self.members = members
        self.decoder = decoder
        for name in members.keys { decoder.unread.add(decoder.names + [name]) }
    }

    /// Who lists the keys knows what to do with each: a dictionary, or a type that refuses unknown ones itself.
    var allKeys: [Key] {
        let keys = members.keys.sorted().compactMap { Key(stringValue: $0) }
        for key in keys { decoder.unread.read(decoder.names + [key.stringValue]) }
        return keys
    }

    func contains(_ key: Key) -> Bool {
        decoder.unread.read(decoder.names + [key.stringValue])
        return members[key.stringValue] != nil
    }

    private func member(_ key: Key) throws -> ConfigurationDecoder {
        guard contains(key), let value = members[key.stringValue] else {
            throw ConfigurationFault.missingKey(decoder.path(key))
        }
        return decoder.below(key, value)
    }

    func decodeNil(forKey key: Key) throws -> Bool { try member(key).decodeNil() }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try member(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try member(key).decode(type) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try member(key).decode(type) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try member(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try member(key).decode(type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try member(key).decode(type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try member(key).decode(type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try member(key).decode(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try member(key).decode(type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try member(key).decode(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try member(key).decode(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try member(key).decode(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try member(key).decode(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try member(key).decode(type) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try member(key).decode(type) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try member(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { decoder }
    func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }
}

private struct Elements: UnkeyedDecodingContainer {
    let values: [JSON]
    let decoder: ConfigurationDecoder
    private(set) var currentIndex = 0

    init(values: [JSON], decoder: ConfigurationDecoder) {
        self.values = values
        self.decoder = decoder
    }

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { values.count }
    var isAtEnd: Bool { currentIndex >= values.count }

    /// The element at hand, without stepping over it.
    private func element() throws -> ConfigurationDecoder {
        guard !isAtEnd else { throw ConfigurationFault.missingKey(decoder.path(Place(currentIndex))) }
        return decoder.below(Place(currentIndex), values[currentIndex])
    }

    private mutating func next<Value>(_ decode: (ConfigurationDecoder) throws -> Value) throws -> Value {
        let value = try decode(element())
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard try element().decodeNil() else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next { try $0.decode(type) } }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try next { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder { try next { $0 } }
}
