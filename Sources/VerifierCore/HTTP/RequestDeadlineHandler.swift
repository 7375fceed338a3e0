import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Bounds what one connection can hold on to. A client has one time limit for the TLS handshake and each whole request
/// together, however it drips its bytes, and the same for each pause between requests; a network has so many
/// connections; and an answer that says `Connection: close` closes it.
final class RequestDeadlineHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limit: TimeAmount
    private let census: ConnectionCensus
    private var network: [UInt8]?
    private var deadline: Scheduled<Void>?
    private var closesAfterResponse = false
    private var isRequestComplete = false

    init(limit: TimeAmount, census: ConnectionCensus) {
        self.limit = limit
        self.census = census
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        begin(context)
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            isRequestComplete = false
            if deadline == nil { arm(context) }
        case .body: break
        case .end:
            isRequestComplete = true
            deadline?.cancel()
            deadline = nil
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            closesAfterResponse = head.headerFields[.connection] == "close"
            context.write(data, promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end where closesAfterResponse:
            context.writeAndFlush(data, promise: promise)
            context.close(promise: nil)
        case .end:
            if isRequestComplete { arm(context) }
            context.write(data, promise: promise)
        }
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard network == nil else { return }
        let text = context.channel.remoteAddress?.ipAddress ?? ""
        let network = NetworkAddress(text)?.network ?? []
        guard census.enter(network) else {
            context.close(promise: nil)
            return
        }
        self.network = network
        arm(context)
    }

    private func end() {
        deadline?.cancel()
        deadline = nil
        if let network { census.leave(network) }
        network = nil
    }

    private func arm(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
    }
}
