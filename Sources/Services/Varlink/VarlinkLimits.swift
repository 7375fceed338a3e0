import NIOCore

/// What a server grants to its peers.
public struct VarlinkLimits: Sendable {
    /// The longest message in bytes, without its NUL.
    public var messageByteCount = 1 << 20
    /// How deeply JSON may be nested.
    public var depth = 16
    /// Connections at a time, in all.
    public var connections = 256
    /// Connections at a time of one uid. Root is not limited so.
    public var connectionsPerUser = 16
    /// Of all connections, so many are kept for root, but at most a quarter.
    public var connectionsForRoot = 16
    /// Calls per second of one uid in the long run; more are delayed, not refused. Root is not limited.
    public var callsPerSecondPerUser = 50
    /// Calls of one uid that may come at once before the rate counts.
    public var burstPerUser = 100
    /// How long a connection may be silent between calls.
    public var idle: TimeAmount = .seconds(120)
    /// The same when a new connection needs the place.
    public var idleWhenFull: TimeAmount = .seconds(20)
    /// How long a message may take from its first to its last byte.
    public var message: TimeAmount = .seconds(10)
    /// How long a peer may take to read a reply.
    public var write: TimeAmount = .seconds(10)

    public init() {}

    /// Descriptors that a server with all its connections holds for them: of each the socket and the process at its
    /// other end.
    public var descriptorCount: Int { 2 * connections }
}
