import ServiceSupport

/// Why a configuration is not used. The text is for the administrator; it holds paths and keys, no secrets.
public enum ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The configuration, or a file that it names, cannot or must not be used.
    case file(FileError)
    case malformed(reason: String)
    case unknownKey(String)
    case invalid(key: String, reason: String)
    /// Plain HTTP is served on loopback addresses only.
    case plainHTTPBeyondLoopback(address: String)

    public var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .malformed(let reason): "the configuration is not usable: \(reason)"
        case .unknownKey(let key): "unknown configuration key \(key)"
        case .invalid(let key, let reason): "configuration key \(key): \(reason)"
        case .plainHTTPBeyondLoopback(let address):
            "http.address \(address) is not a loopback address and http.tls is not configured"
        }
    }
}

extension ConfigurationError {
    /// What the one reader of all configurations found.
    init(_ fault: ConfigurationFault) {
        switch fault {
        case .malformed, .notAnObject: self = .malformed(reason: "\(fault)")
        case .unknownKey(let key): self = .unknownKey(key)
        case .missingKey(let key): self = .invalid(key: key, reason: "missing")
        case .wrongValue(let key, let reason): self = .invalid(key: key, reason: reason)
        }
    }
}
