import NIOCore
import NIOHTTP1

/// Reads whether a connection outlives its request (RFC 9112 section 9.3), which depends on the version that later
/// handlers are not told: afterwards the request's `Connection` is `close` or absent, whatever the client wrote.
final class PersistenceHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// HTTP/1.0 clients keep a connection only if they are told that they may.
    private var announcesPersistence = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else {
            context.fireChannelRead(data)
            return
        }
        let options = head.headers[canonicalForm: "connection"].map { $0.lowercased() }
        let isOld = (head.version.major, head.version.minor) < (1, 1)
        let persists = !options.contains("close") && (!isOld || options.contains("keep-alive"))
        announcesPersistence = isOld && persists
        head.headers.remove(name: "connection")
        if !persists { head.headers.add(name: "connection", value: "close") }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if announcesPersistence, case .head(var head) = unwrapOutboundIn(data),
            !head.headers.contains(name: "connection")
        {
            head.headers.add(name: "connection", value: "keep-alive")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        } else {
            context.write(data, promise: promise)
        }
    }
}
