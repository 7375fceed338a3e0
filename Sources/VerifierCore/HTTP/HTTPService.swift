import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import ServiceLifecycle
import ServiceSupport
import Sodium

/// The verifier over HTTP/1.1, with TLS unless it listens on a loopback address.
public struct HTTPService: Service {
    private static let maximumPEMByteCount = 1 << 20
    private let application: Application<VerifierResponder>

    /// - Parameters:
    ///   - onListening: called once with the port when requests are being accepted.
    /// - Throws: ``ConfigurationError`` for certificate files that cannot be used.
    public init(
        verifier: Verifier,
        tokens: TokenIssuer,
        settings: HTTPSettings,
        logger: Logger,
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(ConfigurationError) {
        let limit = TimeAmount.seconds(Int64(settings.requestTimeoutSeconds))
        let census = ConnectionCensus(limit: settings.maximumConnectionsPerAddress)
        let plain = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [RequestDeadlineHandler(limit: limit, census: census)],
                idleTimeout: limit,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 8192,
                    maxHeaderListSize: 16_384,
                    maxHeaderFieldCount: 64
                )
            )
        )
        let server: HTTPServerBuilder
        if let files = settings.tls {
            let configuration = try Self.tls(files)
            do {
                server = try .tls(plain, tlsConfiguration: configuration)
            } catch {
                throw .invalid(key: "http.tls", reason: "certificate and key do not fit each other")
            }
        } else {
            server = plain
        }
        self.application = Application(
            responder: VerifierResponder(
                verifier: verifier,
                tokens: tokens,
                settings: settings,
                rates: RateLimiter(requestsPerMinute: settings.requestsPerMinute)
            ),
            server: server,
            configuration: ApplicationConfiguration(
                address: .hostname(settings.address, port: settings.port),
                availableConnectionsDelegate: MaximumAvailableConnections(settings.maximumConnections, logger: logger)
            ),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? settings.port) },
            logger: logger
        )
    }

    public func run() async throws {
        try await application.run()
    }

    private static func tls(_ files: TLSFiles) throws(ConfigurationError) -> TLSConfiguration {
        let certificates: [UInt8]
        let key: SecretBytes
        do {
            certificates = try SafeFile.read(files.certificate, maximum: maximumPEMByteCount, privacy: .readable)
            key = try SafeFile.readSecret(
                files.key,
                maximum: maximumPEMByteCount,
                privacy: .secret(at: files.key)
            )
        } catch {
            throw .file(error)
        }
        do {
            let chain = try NIOSSLCertificate.fromPEMBytes(certificates)
            var bytes = key.withUnsafeBytes { Array($0) }
            defer { SecretBytes.zero(&bytes) }
            let privateKey = try NIOSSLPrivateKey(bytes: bytes, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(privateKey)
            )
            configuration.minimumTLSVersion = .tlsv12
            return configuration
        } catch {
            throw .invalid(key: "http.tls", reason: "not a PEM certificate chain and a PEM key")
        }
    }
}
