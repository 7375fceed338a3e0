import Encoding

/// An error reply: its full name and its parameters.
public struct VarlinkError: Error, Equatable, Sendable {
    /// The name with its interface, for example `org.semblance.Prover.NoMatch`.
    public let name: String
    public let parameters: [String: JSON]

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
