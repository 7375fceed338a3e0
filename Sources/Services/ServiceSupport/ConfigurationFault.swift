import Encoding

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
