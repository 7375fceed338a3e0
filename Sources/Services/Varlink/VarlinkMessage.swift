import Encoding

/// The outer structure of a call.
struct VarlinkMessage: Equatable {
    enum Failure: Error, Equatable {
        case json(JSON.ParseError)
        case notAnObject
        case unknownMember
        case wrongType
        case missingMethod
        case conflictingFlags
    }

    var method: String
    var parameters: [String: JSON]
    var more = false
    var oneway = false
    var upgrade = false

    init(parsing text: some Collection<UInt8>, maximumDepth: Int) throws(Failure) {
        let json: JSON
        do {
            json = try JSON(parsing: text, maximumDepth: maximumDepth)
        } catch {
            throw .json(error)
        }
        guard case .object(let members) = json else { throw .notAnObject }
        guard Set(members.keys).isSubset(of: ["method", "parameters", "more", "oneway", "upgrade"]) else {
            throw .unknownMember
        }
        switch members["method"] {
        case .string(let name)?: method = name
        case nil: throw .missingMethod
        default: throw .wrongType
        }
        switch members["parameters"] {
        case nil, .null?: parameters = [:]
        case .object(let values)?: parameters = values
        default: throw .wrongType
        }
        more = try Self.flag(members["more"])
        oneway = try Self.flag(members["oneway"])
        upgrade = try Self.flag(members["upgrade"])
        guard !(more && oneway) else { throw .conflictingFlags }
    }

    private static func flag(_ value: JSON?) throws(Failure) -> Bool {
        switch value {
        case nil, .null?: return false
        case .bool(let flag)?: return flag
        default: throw .wrongType
        }
    }
}

extension VarlinkMessage.Failure: CustomStringConvertible {
    var description: String {
        switch self {
        case .json(let error): "not valid JSON: \(error)"
        case .notAnObject: "not a JSON object"
        case .unknownMember: "a member that no call has"
        case .wrongType: "a member of the wrong type"
        case .missingMethod: "no method is named"
        case .conflictingFlags: "flags that exclude each other"
        }
    }
}

/// An error reply: its full name and its parameters.
public struct VarlinkError: Error, Equatable, Sendable {
    /// The name with its interface, for example `org.semblance.Prover.NoMatch`.
    public let name: String
    /// As the interface declares them for this error.
    public let parameters: [String: JSON]

    /// - Parameter name: with its interface.
    public init(_ name: String, _ parameters: [String: JSON] = [:]) {
        self.name = name
        self.parameters = parameters
    }

    /// No interface of that name is served.
    public static func interfaceNotFound(_ interface: String) -> VarlinkError {
        VarlinkError("org.varlink.service.InterfaceNotFound", ["interface": .string(interface)])
    }

    /// The interface has no method of that name.
    public static func methodNotFound(_ method: String) -> VarlinkError {
        VarlinkError("org.varlink.service.MethodNotFound", ["method": .string(method)])
    }

    /// The method is declared, but not in the form that was asked for.
    public static func methodNotImplemented(_ method: String) -> VarlinkError {
        VarlinkError("org.varlink.service.MethodNotImplemented", ["method": .string(method)])
    }

    /// The parameter is missing, unknown or of the wrong type.
    public static func invalidParameter(_ parameter: String) -> VarlinkError {
        VarlinkError("org.varlink.service.InvalidParameter", ["parameter": .string(parameter)])
    }

    /// The peer may not call this.
    public static let permissionDenied = VarlinkError("org.varlink.service.PermissionDenied")

    /// The method must be called with `more`.
    public static let expectedMore = VarlinkError("org.varlink.service.ExpectedMore")
}

extension VarlinkError: CustomStringConvertible {
    /// The error's own name as words: "no match" for `org.semblance.Prover.NoMatch`.
    public var description: String {
        let own = name.split(separator: ".").last.map(String.init) ?? name
        return own.reduce(into: "") { words, letter in
            guard letter.isUppercase else { return words.append(letter) }
            words += (words.isEmpty ? "" : " ") + letter.lowercased()
        }
    }
}
