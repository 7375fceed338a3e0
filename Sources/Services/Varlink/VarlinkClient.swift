import CServiceSupport
import Encoding
import NIOCore
import NIOPosix

/// A connection to a Varlink service over a Unix socket.
public final class VarlinkClient: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<ClientHandler>
    /// The service's process as the kernel noted it when it began to listen.
    public let peer: PeerCredentials

    private init(channel: any Channel, handler: NIOLoopBound<ClientHandler>, peer: PeerCredentials) {
        self.channel = channel
        self.handler = handler
        self.peer = peer
    }

    /// Connects to the socket at `path`.
    ///
    /// - Parameters:
    ///   - trusted: users who may own the path and run the service, besides root (see ``SocketPath/check(_:owners:)``).
    ///   - limits: `messageByteCount` and `depth` bound the replies.
    public static func connect(
        to path: String,
        trusted: Set<UInt32>,
        limits: VarlinkLimits = VarlinkLimits(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(VarlinkClientError) -> VarlinkClient {
        try SocketPath.check(path, owners: trusted)
        let opened: (any Channel, NIOLoopBound<ClientHandler>, PeerCredentials)
        do {
            let bootstrap = ClientBootstrap(group: group).connectTimeout(.seconds(5))
            let channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
            opened = try await channel.eventLoop.flatSubmit { prepare(channel, limits) }.get()
        } catch {
            throw .cannotConnect("\(path): \(error)")
        }
        let peer = opened.2
        guard peer.uid == 0 || trusted.contains(peer.uid) else {
            opened.0.close(promise: nil)
            throw .untrustedPeer(uid: peer.uid)
        }
        return VarlinkClient(channel: opened.0, handler: opened.1, peer: peer)
    }

    /// Calls a method and returns its result.
    ///
    /// - Parameters:
    ///   - method: the full name, for example `org.semblance.Prover.Prove`.
    ///   - timeout: for the whole call.
    ///   - onProgress: receives intermediate replies; the call asks for them (`more`) only when this is given.
    ///
    /// After ``VarlinkClientError/timedOut``, ``VarlinkClientError/cancelled`` and
    /// ``VarlinkClientError/malformedReply`` the connection is closed.
    public func call(
        _ method: String,
        _ parameters: [String: JSON] = [:],
        timeout: Duration = .seconds(30),
        onProgress: (@Sendable (Parameters) -> Void)? = nil
    ) async throws(VarlinkClientError) -> Parameters {
        var members: [String: JSON] = ["method": .string(method), "parameters": .object(parameters)]
        if onProgress != nil { members["more"] = true }
        let message = ByteBuffer(bytes: JSON.object(members).encode() + [0])
        let nanoseconds = timeout / .nanoseconds(1)
        let amount = TimeAmount.nanoseconds(Int64(min(max(nanoseconds, 0), 1e17)))
        let result: Result<Parameters, VarlinkClientError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                channel.eventLoop.execute { [handler] in
                    handler.value.start(message, timeout: amount, onProgress: onProgress) {
                        continuation.resume(returning: $0)
                    }
                }
            }
        } onCancel: {
            channel.eventLoop.execute { [handler] in handler.value.fail(.cancelled) }
        }
        return try result.get()
    }

    /// Closes the connection.
    public func close() async {
        try? await channel.close()
    }

    private static func prepare(
        _ channel: any Channel,
        _ limits: VarlinkLimits
    ) -> EventLoopFuture<(any Channel, NIOLoopBound<ClientHandler>, PeerCredentials)> {
        guard let options = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let credentials: EventLoopFuture<semblance_peer> = options.unsafeGetSocketOption(
            level: .socket,
            name: .init(rawValue: semblance_so_peercred)
        )
        return credentials.flatMapThrowing { raw in
            let handler = ClientHandler(limits: limits)
            try channel.pipeline.syncOperations.addHandler(handler)
            let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
            return (channel, bound, PeerCredentials(uid: raw.uid, gid: raw.gid, pid: raw.pid))
        }
    }
}

/// Why a call gave no result.
public enum VarlinkClientError: Error, Equatable, Sendable {
    /// Somebody who is not trusted could replace the socket at this path; the reason is in words.
    case unsafePath(String, reason: String)
    /// The connection was refused or the socket does not exist.
    case cannotConnect(String)
    /// The process that listens runs as a user who is not trusted.
    case untrustedPeer(uid: UInt32)
    /// The service answered with an error.
    case reply(VarlinkError)
    /// The service hung up before it answered.
    case closed
    /// No answer in time.
    case timedOut
    /// The task was cancelled; the connection is closed, so that the service stops as well.
    case cancelled
    /// The answer is not a Varlink reply or is too long.
    case malformedReply
    /// Another call on this connection is in progress.
    case busy
}

extension VarlinkClientError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unsafePath(let path, let reason): "the socket \(path) is not safe to use: \(reason)"
        case .cannotConnect(let reason): "cannot connect: \(reason)"
        case .untrustedPeer(let uid): "the process behind the socket runs as user \(uid), who is not trusted"
        case .reply(let error): "\(error)"
        case .closed: "the service hung up before it answered"
        case .timedOut: "the service did not answer in time"
        case .cancelled: "interrupted"
        case .malformedReply: "the service gave an answer that makes no sense"
        case .busy: "another call on this connection is in progress"
        }
    }
}
