import Encoding

/// An interface with the code behind its methods.
public struct VarlinkService: Sendable {
    /// Answers one call with its result. The task is cancelled when the caller has gone; its result is dropped then.
    public typealias Handler = @Sendable (VarlinkCall) async throws(VarlinkError) -> [String: JSON]

    public let interface: VarlinkInterface
    let handlers: [String: Handler]
    let connectionClosed: @Sendable (UInt64) -> Void

    /// - Parameters:
    ///   - handlers: one for each method of the interface (precondition), by the method's name.
    ///   - connectionClosed: called once for each connection after it has ended.
    public init(
        interface: VarlinkInterface,
        handlers: [String: Handler],
        connectionClosed: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) {
        precondition(
            Set(handlers.keys) == Set(interface.methods.keys),
            "\(interface.name) needs exactly its declared methods"
        )
        self.interface = interface
        self.handlers = handlers
        self.connectionClosed = connectionClosed
    }
}
