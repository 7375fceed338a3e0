import Logging
import NIOCore

/// Holds accepting back for a second when the kernel refuses it (EMFILE, ENFILE, ENOMEM): the listening socket stays
/// readable meanwhile, and a loop that asks again at once would do nothing else.
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = any Channel

    private let logger: Logger
    private let pause: TimeAmount
    private var isPausing = false

    package init(logger: Logger, pause: TimeAmount = .seconds(1)) {
        self.logger = logger
        self.pause = pause
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is IOError else {
            context.fireErrorCaught(error)
            return
        }
        guard !isPausing else { return }
        isPausing = true
        logger.warning("connections cannot be accepted", metadata: ["error": "\(error)"])
        let channel = context.channel
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        // Taking back `autoRead` is what takes the descriptor out of the poll.
        channel.setOption(.autoRead, value: false).whenComplete { [pause] _ in
            channel.eventLoop.scheduleTask(in: pause) {
                bound.value.isPausing = false
                channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
            }
        }
    }
}
