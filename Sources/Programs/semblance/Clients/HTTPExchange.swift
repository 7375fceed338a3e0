import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ServiceSupport

/// One request over HTTP/1.1 and its answer. The server is not trusted: of what it sends, a bounded part is read in
/// bounded time, and it cannot send the request on to another place. With TLS, the host's certificate must be vouched for
/// by the system's authorities.
struct HTTPExchange {
    /// The longest answer in bytes.
    static let replyLimit = 1 << 20
    private static let connectTimeout = TimeAmount.seconds(10)
    /// How long a whole exchange may take.
    private static let timeout = TimeAmount.seconds(60)

    let origin: Origin
    let method: String
    /// Absolute, for example `/v1/identity`.
    let path: String
    /// JSON; empty for none.
    let body: [UInt8]

    enum Failure: Error {
        /// In words.
        case unreachable(String)
        case tooLong
    }

    /// An answer of any status counts, a redirect as what it is.
    func run() async throws -> (data: [UInt8], status: Int) {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: NIOHTTPClientResponseFull.self)
        do {
            let channel = try await connect(on: loop, promise)
            let deadline = loop.scheduleTask(in: Self.timeout) {
                promise.fail(Failure.unreachable("no answer in time"))
            }
            defer {
                deadline.cancel()
                channel.close(promise: nil)
            }
            let reply = try await promise.futureResult.get()
            return (reply.body.map { Array($0.readableBytesView) } ?? [], Int(reply.head.status.code))
        } catch {
            promise.fail(error)
            throw Self.failure(error)
        }
    }

    private func connect(
        on loop: any EventLoop,
        _ promise: EventLoopPromise<NIOHTTPClientResponseFull>
    ) async throws -> any Channel {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12  // RFC 8996
        let context = origin.kind == .web ? try NIOSSLContext(configuration: tls) : nil
        let host = origin.host.hasPrefix("[") ? String(origin.host.dropFirst().dropLast()) : origin.host
        // An address is no server name (RFC 6066 section 3); the certificate is held against it all the same.
        let name = (try? SocketAddress(ipAddress: host, port: origin.port)) == nil ? host : nil
        let parts = parts
        return try await ClientBootstrap(group: loop)
            .connectTimeout(Self.connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context {
                        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(NIOHTTPClientResponseAggregator(maxContentLength: Self.replyLimit))
                    try pipeline.addHandler(ReplyHandler(parts: parts, promise: promise))
                }
            }
            .connect(host: host, port: origin.port)
            .get()
    }

    private var parts: [HTTPClientRequestPart] {
        var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: path)
        head.headers.add(name: "Host", value: String(origin.text.drop { $0 != "/" }.dropFirst(2)))
        head.headers.add(name: "Connection", value: "close")
        guard !body.isEmpty else { return [.head(head), .end(nil)] }
        head.headers.add(name: "Content-Type", value: "application/json")
        head.headers.add(name: "Content-Length", value: String(body.count))
        return [.head(head), .body(.byteBuffer(ByteBuffer(bytes: body))), .end(nil)]
    }

    private static func failure(_ error: any Error) -> Failure {
        switch error {
        case let failure as Failure: return failure
        case let error as NIOHTTPObjectAggregatorError where error == .frameTooLong: return .tooLong
        case let error as NIOConnectionError:
            let reason = error.connectionErrors.first.map { "\($0.error)" } ?? "no such host"
            return .unreachable(reason)
        case is NIOSSLExtraError: return .unreachable("its certificate is for another name")
        case is NIOSSLError, is BoringSSLError:
            return .unreachable("its certificate is not trusted, or TLS fails: \(error)")
        default: return .unreachable("\(error)")
        }
    }
}

/// Sends the request when the connection stands, and hands over the one answer.
private final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = NIOHTTPClientResponseFull
    typealias OutboundOut = HTTPClientRequestPart

    private let parts: [HTTPClientRequestPart]
    private let promise: EventLoopPromise<NIOHTTPClientResponseFull>

    init(parts: [HTTPClientRequestPart], promise: EventLoopPromise<NIOHTTPClientResponseFull>) {
        self.parts = parts
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        for part in parts { context.write(wrapOutboundOut(part), promise: nil) }
        context.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        promise.succeed(unwrapInboundIn(data))
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(HTTPExchange.Failure.unreachable("it hung up"))
    }
}
