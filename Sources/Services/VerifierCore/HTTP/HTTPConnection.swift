import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// How a connection is set up and served: HTTP/1.1 with every bound on what a client can hold on to.
struct HTTPConnection: HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    let responder: HTTPChannelHandler.Responder
    let requestLimit: TimeAmount
    /// See ``BodyLimitHandler``.
    let unbudgetedBytes: Int
    let bodyLimit: @Sendable (_ path: String) -> Int
    let registry: ConnectionRegistry
    let budget: SharedBudget
    let proxies: ProxyTrust

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var headerLimits = NIOHTTPDecoderLimitConfiguration()
            headerLimits.maxHeaderFieldSize = 8192
            headerLimits.maxHeaderListSize = 16_384
            headerLimits.maxHeaderFieldCount = 64
            let pipeline = channel.pipeline.syncOperations
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false,  // NIOAsyncChannel keeps the order
                withErrorHandling: false,  // the responder answers
                withOutboundHeaderValidation: false,  // HTTPFields has done that
                withEncoderConfiguration: .init(),
                withDecoderLimitConfiguration: headerLimits
            )
            try pipeline.addHandler(PersistenceHandler())
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandler(
                RequestDeadlineHandler(limit: requestLimit, registry: registry, proxies: proxies)
            )
            try pipeline.addHandler(
                BodyLimitHandler(limit: bodyLimit, unbudgeted: unbudgetedBytes, budget: budget, proxies: proxies)
            )
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true)
            )
        }
    }

    func handle(value: Value, logger: Logger) async {
        await handleHTTP(asyncChannel: value, logger: logger)
    }
}

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
