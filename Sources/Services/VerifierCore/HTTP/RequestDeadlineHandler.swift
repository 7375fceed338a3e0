import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Bounds how long one connection can hold on to its place. A client has one time limit for the TLS handshake and each
/// whole request together, however it drips its bytes, and the same for each pause between requests, and for taking the
/// answers. An answer that says `Connection: close`, or whose request said so, ends the connection.
final class RequestDeadlineHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// How long a client whose request was not read to its end may go on sending after the answer. Closing at once
    /// would reset the connection, and the client would never see the answer.
    private static let lingering: TimeAmount = .seconds(1)

    /// Requests of one connection that wait for their answers; whoever sends more does not mean to read them.
    private static let maximumUnanswered = 16

    private let limit: TimeAmount
    private let registry: ConnectionRegistry
    private let proxies: ProxyTrust
    private var identifier: UInt64?
    private var deadline: Scheduled<Void>?
    private var stall: Scheduled<Void>?
    private var begun = 0  // requests whose head has arrived
    private var complete = 0  // requests that have arrived whole
    private var answered = 0
    private var last: Int?  // the request after which the client wants the connection closed
    private var closesAfterResponse = false
    private var isDraining = false
    private var isLingering = false

    init(limit: TimeAmount, registry: ConnectionRegistry, proxies: ProxyTrust) {
        self.limit = limit
        self.registry = registry
        self.proxies = proxies
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        enter(context)
    }

    func channelActive(context: ChannelHandlerContext) {
        enter(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isLingering else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard begun - answered < Self.maximumUnanswered else {
                isLingering = true
                context.close(promise: nil)
                return
            }
            begun += 1
            if head.headerFields[.connection] == "close" { last = begun }
            if deadline == nil { arm(context) }
        case .body: break
        case .end:
            complete += 1
            deadline?.cancel()
            deadline = nil
            if let identifier { registry.answering(identifier) }
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isLingering { context.read() }
        context.fireChannelReadComplete()
    }

    /// A client that does not take its answers holds its place no longer than one that does not send its request.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall?.cancel()
        stall = nil
        if context.channel.isWritable {
            if answered < complete, let identifier { registry.answering(identifier) }
        } else {
            let channel = context.channel
            stall = context.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
            if let identifier { registry.waiting(identifier, at: context.eventLoop.now) }
        }
        context.fireChannelWritabilityChanged()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            closesAfterResponse =
                head.headerFields[.connection] == "close" || answered + 1 == last
                || (isDraining && answered + 1 >= complete)
            if closesAfterResponse { head.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            answered += 1
            if closesAfterResponse || (isDraining && answered >= complete) {
                finish(context, data, promise)
            } else {
                if answered >= complete, let identifier { registry.waiting(identifier, at: context.eventLoop.now) }
                if answered == begun { arm(context) }
                context.write(data, promise: promise)
            }
        }
    }

    /// Answers what has arrived whole, and ends the connection.
    private func drain(_ context: ChannelHandlerContext) {
        isDraining = true
        if answered >= complete { context.close(promise: nil) }
    }

    private func finish(_ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        if begun == complete {
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
            context.writeAndFlush(data, promise: written)
            return
        }
        isLingering = true
        context.writeAndFlush(data, promise: written)
        context.close(mode: .output, promise: nil)
        deadline?.cancel()
        deadline = context.eventLoop.scheduleTask(in: Self.lingering) { channel.close(promise: nil) }
        context.read()
    }

    private func enter(_ context: ChannelHandlerContext) {
        guard identifier == nil else { return }
        let channel = context.channel
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let address = NetworkAddress(channel.remoteAddress?.ipAddress ?? "")
        let isProxy = address.map(proxies.isProxy) ?? false
        let ending = ConnectionRegistry.Ending(
            close: { channel.close(promise: nil) },
            drain: {
                channel.eventLoop.execute {
                    if bound.value.handler.identifier != nil { bound.value.handler.drain(bound.value.context) }
                }
            }
        )
        identifier = registry.enter(isProxy ? nil : address?.network ?? [], at: context.eventLoop.now, ending: ending)
        guard identifier != nil else {
            context.close(promise: nil)
            return
        }
        arm(context)
    }

    private func leave() {
        deadline?.cancel()
        deadline = nil
        stall?.cancel()
        stall = nil
        if let identifier { registry.leave(identifier) }
        identifier = nil
    }

    private func arm(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
    }
}
