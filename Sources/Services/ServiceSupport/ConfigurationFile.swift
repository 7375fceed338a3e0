import Encoding

/// Configuration in a JSON object. One parser reads it for all programs: two would differ in what they let pass.
public enum ConfigurationFile {
    /// The longest configuration file in bytes.
    public static let maximumByteCount = 1 << 20

    /// Reads and decodes the file at `path` and its drop-ins, which belong to root or this process's user and which nobody
    /// else can write; see ``LayeredConfiguration`` and ``decode(_:from:)``.
    public static func load<Schema: ConfigurationSchema>(
        _ type: Schema.Type,
        from path: String
    ) throws(FileError) -> Schema {
        let layers = try LayeredConfiguration.read(path)
        do {
            let configuration = try decode(type, from: layers)
            try configuration.check()
            return configuration
        } catch {
            throw .malformed(path: error.key.flatMap(layers.source) ?? path, reason: "\(error)")
        }
    }

    /// Decodes a configuration of one text. A key that is there twice, however it is spelt, is an error, and so is one that
    /// the type does not ask for.
    public static func decode<Schema: ConfigurationSchema>(
        _ type: Schema.Type,
        from bytes: [UInt8]
    ) throws(ConfigurationFault) -> Schema {
        let json: JSON
        do {
            json = try JSON(file: bytes)
        } catch {
            throw .malformed(line: error.line, reason: error.reason)
        }
        guard case .object(let members) = json else { throw .notAnObject }
        return try decode(type, from: LayeredConfiguration(members))
    }

    /// Decodes what several files come to, with the defaults of what none of them states.
    public static func decode<Schema: ConfigurationSchema>(
        _ type: Schema.Type,
        from layers: LayeredConfiguration
    ) throws(ConfigurationFault) -> Schema {
        var layers = layers
        layers.fill(Schema.defaults)
        do {
            let decoder = ConfigurationDecoder(.object(layers.members), path: [], unread: UnreadKeys())
            let configuration = try Schema(from: decoder)
            if let key = decoder.unread.first { throw ConfigurationFault.unknownKey(key) }
            return configuration
        } catch let fault as ConfigurationFault {
            throw fault
        } catch let error as DecodingError {
            throw ConfigurationFault(error)
        } catch {
            throw .wrongValue(key: "", reason: "\(error)")
        }
    }
}

/// A program's configuration.
public protocol ConfigurationSchema: Decodable {
    /// What a key is where no file states it, by dotted paths; an object stands before its members. A member of an object that
    /// is not there has none.
    static var defaults: [(key: String, value: JSON)] { get }
    /// Keys whose values nobody is shown.
    static var hidden: Set<String> { get }
    /// Whether every value is a possible one, as far as the file alone tells.
    func check() throws(ConfigurationFault)
}

extension ConfigurationSchema {
    public static var defaults: [(key: String, value: JSON)] { [] }
    public static var hidden: Set<String> { [] }
    public func check() throws(ConfigurationFault) {}

    /// Whether nobody is shown what a key says, or what is below it where it is an object by mistake.
    static func isHidden(_ key: String) -> Bool { hidden.contains { key == $0 || key.hasPrefix($0 + ".") } }

    /// Reads a configuration file and its drop-ins; nil: the defaults.
    public static func load(_ path: String?) throws -> Self {
        guard let path else { return try ConfigurationFile.decode(Self.self, from: LayeredConfiguration()) }
        return try ConfigurationFile.load(Self.self, from: path)
    }
}

extension ConfigurationFault {
    /// What the standard library's own types throw.
    fileprivate init(_ error: DecodingError) {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            self = .missingKey((context.codingPath + [key]).map(\.stringValue).joined(separator: "."))
        case .typeMismatch(_, let context): self = .wrongValue(key: path(context), reason: "of the wrong type")
        case .valueNotFound(_, let context): self = .wrongValue(key: path(context), reason: "null")
        case .dataCorrupted(let context): self = .wrongValue(key: path(context), reason: context.debugDescription)
        @unknown default: self = .wrongValue(key: "", reason: "cannot be decoded")
        }
    }
}

/// Why a configuration does not say what it should. The text is for the administrator; it holds keys, no values.
public enum ConfigurationFault: Error, Equatable, Sendable {
    /// Not JSON, or a key is there twice.
    case malformed(line: Int, reason: String)
    case notAnObject
    /// A misspelt option that is silently ignored would weaken the service. Keys are dotted paths here and below.
    case unknownKey(String)
    case missingKey(String)
    case wrongValue(key: String, reason: String)
}

extension ConfigurationFault {
    /// The key that it is about.
    public var key: String? {
        switch self {
        case .malformed, .notAnObject: nil
        case .unknownKey(let key), .missingKey(let key): key
        case .wrongValue(let key, _): key.isEmpty ? nil : key
        }
    }
}

extension ConfigurationFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed(let line, let reason): "line \(line): \(reason)"
        case .notAnObject: "not a JSON object"
        case .unknownKey(let key): "unknown option \"\(key)\""
        case .missingKey(let key): "the option \"\(key)\" is missing"
        case .wrongValue(let key, let reason): "\"\(key)\": \(reason)"
        }
    }
}
