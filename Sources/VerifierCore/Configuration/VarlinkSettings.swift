/// The service on the Unix socket.
public struct VarlinkSettings: Sendable {
    /// Path of the socket; ignored when the service manager passes one in.
    public let socket: String
    public let maximumConnections: Int
    public let maximumConnectionsPerUID: Int

    public init(socket: String, maximumConnections: Int = 256, maximumConnectionsPerUID: Int = 16) {
        self.socket = socket
        self.maximumConnections = maximumConnections
        self.maximumConnectionsPerUID = maximumConnectionsPerUID
    }
}
