import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTPTypes

/// Bounds the bodies of requests before anything is kept of them: each by its route's limit, all together by a budget.
/// A body over one of them ends the stream of the request with an ``HTTPFailure``, and the rest is dropped.
final class BodyLimitHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// The body that is arriving.
    private struct Body {
        let request: Int
        let customer: [UInt8]
        let limit: Int
        var count = 0
    }

    private let limit: @Sendable (_ path: String) -> Int
    private let unbudgeted: Int
    private let budget: SharedBudget
    private let proxies: ProxyTrust
    private var begun = 0  // requests whose head has arrived
    private var answered = 0
    private var current: Body?
    /// What was taken from the budget for requests that are not answered yet.
    private var held: [Int: (customer: [UInt8], amount: Int)] = [:]
    private var isRefusing = false

    /// - Parameters:
    ///   - limit: the longest body of a request to a path, in bytes.
    ///   - unbudgeted: bodies whose limit is this or less are bounded by the number of connections already, and must not
    ///     wait for those that are long.
    ///   - budget: bytes of bodies at a time over all connections; a body counts until its request is answered.
    init(
        limit: @escaping @Sendable (_ path: String) -> Int,
        unbudgeted: Int,
        budget: SharedBudget,
        proxies: ProxyTrust
    ) {
        self.limit = limit
        self.unbudgeted = unbudgeted
        self.budget = budget
        self.proxies = proxies
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefusing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            let body = begin(head, context)
            context.fireChannelRead(data)
            if let length = head.headerFields[.contentLength].flatMap({ Int($0) }), length > body.limit {
                refuse(.tooLarge, context)
            }
        case .body(let buffer):
            if let failure = count(buffer.readableBytes) {
                refuse(failure, context)
            } else {
                context.fireChannelRead(data)
            }
        case .end:
            context.fireChannelRead(data)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            release(answered)
            answered += 1
        }
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        releaseAll()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        releaseAll()
    }

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) -> Body {
        let peer = NetworkAddress(context.channel.remoteAddress?.ipAddress ?? "")
        let client = proxies.client(peer: peer, headers: head.headerFields)
        let body = Body(
            request: begun,
            customer: client?.customer ?? [],
            limit: limit(URI(head.path ?? "").path)
        )
        begun += 1
        current = body
        return body
    }

    /// Adds to the body that is arriving; why that cannot be, if so. What comes after the answer is kept by nobody.
    private func count(_ amount: Int) -> HTTPFailure? {
        guard var body = current else { return .malformed }
        body.count += amount
        current = body
        guard body.count <= body.limit else { return .tooLarge }
        guard body.request >= answered, body.limit > unbudgeted else { return nil }
        guard budget.take(amount, for: body.customer) else { return .tooBusy }
        held[body.request, default: (body.customer, 0)].amount += amount
        return nil
    }

    private func refuse(_ failure: HTTPFailure, _ context: ChannelHandlerContext) {
        isRefusing = true
        context.fireErrorCaught(failure)
    }

    private func release(_ request: Int) {
        guard let taken = held.removeValue(forKey: request) else { return }
        budget.give(taken.amount, from: taken.customer)
    }

    private func releaseAll() {
        for request in Array(held.keys) { release(request) }
    }
}
