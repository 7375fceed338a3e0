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
