import Encoding
import Logging
import NIOCore

/// One connection of a server: cuts the stream at NULs, answers one call at a time in order, enforces the limits.
final class ConnectionHandler: ChannelInboundHandler, ChannelOutboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let dispatcher: Dispatcher
    private let limits: VarlinkLimits
    private let peer: PeerCredentials
    private let identifier: UInt64
    private let logger: Logger
    private let onClose: @Sendable () -> Void

    private var context: ChannelHandlerContext?
    private var received = ByteBuffer()
    private var scanned = 0  // bytes of `received` known to hold no NUL
    private var call: Task<Void, Never>?
    private var callNumber = 0  // of the call that may still send progress; others' is dropped
    private var isDraining = false
    private var isInputClosed = false  // the peer sends no more, but reads
    private var isReadHeld = false
    private var timer: Scheduled<Void>?
    private var isTimingMessage = false

    init(
        dispatcher: Dispatcher,
        limits: VarlinkLimits,
        peer: PeerCredentials,
        identifier: UInt64,
        logger: Logger,
        onClose: @escaping @Sendable () -> Void
    ) {
        self.dispatcher = dispatcher
        self.limits = limits
        self.peer = peer
        self.identifier = identifier
        self.logger = logger
        self.onClose = onClose
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        startTimer(limits.idle)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        serveNext()
    }

    /// Holds reading back while a full message waits behind a running call.
    func read(context: ChannelHandlerContext) {
        if call != nil, received.readableBytes > limits.messageByteCount {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    /// The peer's half is closed: what has arrived is answered still. When it hangs up altogether the channel becomes
    /// inactive instead.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            isInputClosed = true
            serveNext()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    /// Also for a connection that ends before it became active.
    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    private func end() {
        guard context != nil else { return }
        context = nil
        timer?.cancel()
        call?.cancel()
        onClose()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Ends the connection whatever it does.
    func close() {
        context?.close(promise: nil)
    }

    /// Lets a running call finish, answers no further one.
    func drain() {
        isDraining = true
        if call == nil { context?.close(promise: nil) }
    }

    private func serveNext() {
        guard call == nil, let context else { return }
        guard !isDraining else {
            context.close(promise: nil)
            return
        }
        guard let message = nextMessage() else {
            if received.readableBytes > limits.messageByteCount {
                close(context, "message too long")
            } else if isInputClosed {
                context.close(promise: nil)
            } else if received.readableBytes == 0 {
                isTimingMessage = false
                dispatcher.connections.setIdle(true, identifier, at: context.eventLoop.now)
                startTimer(limits.idle)
            } else if !isTimingMessage {
                isTimingMessage = true
                startTimer(limits.message)
            }
            return
        }
        timer?.cancel()
        isTimingMessage = false
        dispatcher.connections.setIdle(false, identifier, at: context.eventLoop.now)
        do {
            start(try VarlinkMessage(parsing: message, maximumDepth: limits.depth), context: context)
        } catch {
            // A peer that does not speak the protocol gets no reply that it could not read anyway.
            close(context, "malformed message: \(error)")
        }
    }

    /// The next whole message without its NUL, at most as long as the limit.
    private func nextMessage() -> [UInt8]? {
        guard let offset = received.readableBytesView.dropFirst(scanned).firstIndex(of: 0) else {
            scanned = received.readableBytes
            return nil
        }
        let count = offset - received.readerIndex
        guard count <= limits.messageByteCount, let bytes = received.readBytes(length: count) else { return nil }
        received.moveReaderIndex(forwardBy: 1)
        received.discardReadBytes()
        scanned = 0
        return bytes
    }

    private func start(_ message: VarlinkMessage, context: ChannelHandlerContext) {
        let delay = dispatcher.connections.delayForCall(by: peer.uid, at: context.eventLoop.now)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let number = callNumber
        let send: @Sendable ([String: JSON]) -> Void = { parameters in
            eventLoop.execute { bound.value.sendProgress(parameters, ofCall: number) }
        }
        call = Task { [dispatcher, peer, identifier] in
            if delay > .zero { try? await Task.sleep(for: .nanoseconds(delay.nanoseconds)) }
            guard !Task.isCancelled else { return }
            let reply = await dispatcher.reply(to: message, peer: peer, connection: identifier, send: send)
            eventLoop.execute { bound.value.finish(reply, isExpected: !message.oneway) }
        }
    }

    private func sendProgress(_ parameters: [String: JSON], ofCall number: Int) {
        guard let context, number == callNumber, context.channel.isWritable else { return }
        write(["parameters": .object(parameters), "continues": true], context: context, promise: nil)
    }

    private func finish(_ reply: Dispatcher.Reply, isExpected: Bool) {
        callNumber += 1
        guard let context else { return }
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        written.futureResult.whenSuccess { _ in bound.value.finished() }
        guard isExpected else {
            written.succeed()
            return
        }
        startTimer(limits.write)
        switch reply {
        case .result(let parameters):
            write(["parameters": .object(parameters)], context: context, promise: written)
        case .error(let error):
            let members: [String: JSON] = ["error": .string(error.name), "parameters": .object(error.parameters)]
            write(members, context: context, promise: written)
        }
    }

    private func finished() {
        call = nil
        timer?.cancel()
        serveNext()
        if isReadHeld, let context {
            isReadHeld = false
            read(context: context)
        }
    }

    private func write(_ members: [String: JSON], context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        let buffer = context.channel.allocator.buffer(bytes: JSON.object(members).encode() + [0])
        context.writeAndFlush(wrapOutboundOut(buffer), promise: promise)
    }

    private func startTimer(_ amount: TimeAmount) {
        timer?.cancel()
        guard let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: amount) { bound.value.timedOut() }
    }

    private func timedOut() {
        guard let context else { return }
        close(context, "timed out")
    }

    private func close(_ context: ChannelHandlerContext, _ reason: String) {
        logger.debug("closing a connection", metadata: ["uid": "\(peer.uid)", "reason": "\(reason)"])
        context.close(promise: nil)
    }
}
