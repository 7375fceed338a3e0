import Encoding

/// One call, as its handler sees it.
public struct VarlinkCall: Sendable {
    /// The method's name without its interface.
    public let method: String
    /// The parameters; they fit the interface description.
    public let parameters: Parameters
    /// The peer, as the kernel noted it when the connection was made.
    public let peer: PeerCredentials
    /// A number that no other connection of this server had or will have.
    public let connection: UInt64
    /// Whether the caller asked for intermediate replies.
    public let wantsMore: Bool
    private let send: @Sendable ([String: JSON]) -> Void

    public init(
        method: String,
        parameters: Parameters,
        peer: PeerCredentials,
        connection: UInt64,
        wantsMore: Bool,
        send: @escaping @Sendable ([String: JSON]) -> Void = { _ in }
    ) {
        self.method = method
        self.parameters = parameters
        self.peer = peer
        self.connection = connection
        self.wantsMore = wantsMore
        self.send = send
    }

    /// Sends an intermediate reply (`continues`) if the caller asked for them. Never blocks: while the caller does not
    /// read, intermediate replies are dropped.
    public func progress(_ parameters: [String: JSON]) {
        if wantsMore { send(parameters) }
    }
}
