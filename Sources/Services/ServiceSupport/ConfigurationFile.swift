import Encoding

/// Configuration in a JSON object. One parser reads it for all programs: two would differ in what they let pass.
public enum ConfigurationFile {
    /// The longest configuration file in bytes.
    public static let maximumByteCount = 1 << 20

    /// Reads and decodes the file at `path`, which belongs to root or this process's user and which nobody else can
    /// write; see ``decode(_:from:)``.
    public static func load<Configuration: Decodable>(
        _ type: Configuration.Type,
        from path: String
    ) throws(FileError) -> Configuration {
        let bytes = try SafeFile.read(path, maximum: maximumByteCount, privacy: .readable)
        do {
            return try decode(type, from: bytes)
        } catch {
            throw .malformed(path: path, reason: "\(error)")
        }
    }

    /// Decodes a configuration. A key that is there twice, however it is spelt, is an error, and so is one that the type
    /// does not ask for.
    public static func decode<Configuration: Decodable>(
        _ type: Configuration.Type,
        from bytes: [UInt8]
    ) throws(ConfigurationFault) -> Configuration {
        let json: JSON
        do {
            json = try JSON(file: bytes)
        } catch {
            throw .malformed(line: error.line, reason: error.reason)
        }
        guard case .object = json else { throw .notAnObject }
        do {
            let decoder = ConfigurationDecoder(json, path: [], unread: UnreadKeys())
            let configuration = try Configuration(from: decoder)
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
