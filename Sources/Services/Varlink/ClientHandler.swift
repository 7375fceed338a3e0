import Encoding
import NIOCore

/// The client's end of a connection: one call at a time.
final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    typealias Completion = (Result<Parameters, VarlinkClientError>) -> Void

    private struct Call {
        let onProgress: (@Sendable (Parameters) -> Void)?
        let completion: Completion
        let timer: Scheduled<Void>
    }

    private let limits: VarlinkLimits
    private var context: ChannelHandlerContext?
    private var received = ByteBuffer()
    private var scanned = 0
    private var call: Call?
    private var isCancelled = false

    init(limits: VarlinkLimits) {
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func start(
        _ message: ByteBuffer,
        timeout: TimeAmount,
        onProgress: (@Sendable (Parameters) -> Void)?,
        completion: @escaping Completion
    ) {
        guard call == nil else { return completion(.failure(.busy)) }
        guard !isCancelled else { return completion(.failure(.cancelled)) }
        guard let context, context.channel.isActive else { return completion(.failure(.closed)) }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let timer = context.eventLoop.scheduleTask(in: timeout) { bound.value.fail(.timedOut) }
        call = Call(onProgress: onProgress, completion: completion, timer: timer)
        context.writeAndFlush(wrapOutboundOut(message), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        while let offset = received.readableBytesView.dropFirst(scanned).firstIndex(of: 0) {
            let count = offset - received.readerIndex
            guard count <= limits.messageByteCount, let message = received.readBytes(length: count) else {
                return fail(.malformedReply)
            }
            received.moveReaderIndex(forwardBy: 1)
            received.discardReadBytes()
            scanned = 0
            handle(message)
        }
        scanned = received.readableBytes
        if scanned > limits.messageByteCount { fail(.malformedReply) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.closed)
        self.context = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(.closed)
    }

    /// Ends the running call, if there is one, and the connection.
    func fail(_ error: VarlinkClientError) {
        if error == .cancelled { isCancelled = true }
        finish(.failure(error))  // first: closing calls back with a less exact reason
        context?.close(promise: nil)
    }

    private func finish(_ result: Result<Parameters, VarlinkClientError>) {
        guard let finished = call else { return }
        call = nil
        finished.timer.cancel()
        finished.completion(result)
    }

    private func handle(_ message: [UInt8]) {
        guard let call, case .object(let members)? = try? JSON(parsing: message, maximumDepth: limits.depth) else {
            return fail(.malformedReply)
        }
        var parameters: [String: JSON] = [:]
        switch members["parameters"] {
        case nil, .null?: break
        case .object(let values)?: parameters = values
        default: return fail(.malformedReply)
        }
        let continues = members["continues"] ?? false
        switch (members["error"], continues) {
        case (.string(let name)?, false):
            finish(.failure(.reply(VarlinkError(name, parameters))))
        case (nil, false):
            finish(.success(Parameters(parameters)))
        case (nil, true):
            guard let onProgress = call.onProgress else { return fail(.malformedReply) }
            onProgress(Parameters(parameters))
        default:
            fail(.malformedReply)
        }
    }
}
