import Encoding
import Sodium

/// The parameters of a call or a reply, with total accessors.
public struct Parameters: Sendable, Equatable {
    /// By name; of a call that reached its handler they fit the interface's description.
    public let values: [String: JSON]

    public init(_ values: [String: JSON]) {
        self.values = values
    }

    /// The string `name`, or the error `InvalidParameter`.
    public func string(_ name: String) throws(VarlinkError) -> String {
        guard case .string(let value)? = values[name] else { throw .invalidParameter(name) }
        return value
    }

    /// The string `name`, nil when it is absent or null.
    public func optionalString(_ name: String) throws(VarlinkError) -> String? {
        try isAbsent(name) ? nil : string(name)
    }

    /// The integer `name`, or the error `InvalidParameter`.
    public func integer(_ name: String) throws(VarlinkError) -> Int64 {
        guard case .integer(let value)? = values[name] else { throw .invalidParameter(name) }
        return value
    }

    /// The integer `name`, nil when it is absent or null.
    public func optionalInteger(_ name: String) throws(VarlinkError) -> Int64? {
        isAbsent(name) ? nil : try integer(name)
    }

    /// The number `name`, nil when it is absent or null.
    public func optionalFloat(_ name: String) throws(VarlinkError) -> Double? {
        switch values[name] {
        case nil, .null?: return nil
        case .integer(let value)?: return Double(value)
        case .number(let value)?: return value
        default: throw .invalidParameter(name)
        }
    }

    /// The bytes of the base64 string `name` (RFC 4648 section 4, padded, canonical), or the error `InvalidParameter`.
    public func bytes(_ name: String) throws(VarlinkError) -> [UInt8] {
        guard let bytes = Base64.decode(try string(name)) else { throw .invalidParameter(name) }
        return bytes
    }

    /// As ``bytes(_:)``, nil when it is absent or null.
    public func optionalBytes(_ name: String) throws(VarlinkError) -> [UInt8]? {
        try isAbsent(name) ? nil : bytes(name)
    }

    /// The object `name`, nil when it is absent or null.
    public func optionalObject(_ name: String) throws(VarlinkError) -> Parameters? {
        switch values[name] {
        case nil, .null?: return nil
        case .object(let members)?: return Parameters(members)
        default: throw .invalidParameter(name)
        }
    }

    /// The array of strings `name`, or the error `InvalidParameter`.
    public func strings(_ name: String) throws(VarlinkError) -> [String] {
        guard case .array(let elements)? = values[name] else { throw .invalidParameter(name) }
        var result: [String] = []
        for element in elements {
            guard case .string(let value) = element else { throw .invalidParameter(name) }
            result.append(value)
        }
        return result
    }

    /// The array of base64 strings `name`, empty when it is absent or null.
    public func bytesList(_ name: String) throws(VarlinkError) -> [[UInt8]] {
        guard !isAbsent(name) else { return [] }
        var result: [[UInt8]] = []
        for text in try strings(name) {
            guard let bytes = Base64.decode(text) else { throw .invalidParameter(name) }
            result.append(bytes)
        }
        return result
    }

    /// The array of objects `name`, or the error `InvalidParameter`.
    public func objects(_ name: String) throws(VarlinkError) -> [Parameters] {
        guard case .array(let elements)? = values[name] else { throw .invalidParameter(name) }
        var result: [Parameters] = []
        for element in elements {
            guard case .object(let members) = element else { throw .invalidParameter(name) }
            result.append(Parameters(members))
        }
        return result
    }

    /// As ``objects(_:)``, empty when it is absent or null.
    public func optionalObjects(_ name: String) throws(VarlinkError) -> [Parameters] {
        try isAbsent(name) ? [] : objects(name)
    }

    private func isAbsent(_ name: String) -> Bool {
        values[name] == nil || values[name] == .null
    }
}
