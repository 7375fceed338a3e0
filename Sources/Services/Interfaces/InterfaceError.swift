import Encoding
import Varlink

/// The errors of one interface: a case for each that its description declares. Daemons throw them, callers get them
/// back.
public protocol InterfaceError: Error, Equatable, Sendable, CustomStringConvertible {
    static var interface: VarlinkInterface { get }

    /// The error's own name and its parameters, as the description declares them.
    var member: (name: String, parameters: [String: JSON]) { get }

    /// The error of that name; nil if the interface declares none.
    ///
    /// - Throws: where a parameter is missing or of another type.
    init?(name: String, _ parameters: Parameters) throws(VarlinkError)
}

extension InterfaceError {
    /// As a service answers it.
    public var reply: VarlinkError {
        let member = member
        return VarlinkError(Self.interface.name + "." + member.name, member.parameters)
    }

    /// What a service answered; nil for an error of another interface, for one that the interface does not declare, and
    /// for one that lacks a parameter.
    public init?(_ reply: VarlinkError) {
        let prefix = Self.interface.name + "."
        guard reply.name.hasPrefix(prefix),
            let error = try? Self(name: String(reply.name.dropFirst(prefix.count)), Parameters(reply.parameters))
        else { return nil }
        self = error
    }

    /// The error's own name as words.
    public var description: String { "\(reply)" }
}
