import Foundation
import HummingbirdTLS
import ServiceSupport
import Sodium
import Synchronization

/// Certificate chain and private key, read from PEM files.
enum TLSIdentity {
    private static let maximumPEMByteCount = 1 << 20

    /// - Throws: ``ConfigurationError`` for files that cannot or must not be used.
    static func load(_ files: TLSFiles) throws(ConfigurationError) -> TLSConfiguration {
        let certificates: [UInt8]
        let key: SecretBytes
        do {
            // ACME clients keep a directory of links to the files in force.
            let certificatePath = try TrustedPath.resolve(files.certificate)
            certificates = try SafeFile.read(certificatePath, maximum: maximumPEMByteCount, privacy: .readable)
            let keyPath = try TrustedPath.resolve(files.key)
            let privacy = SafeFile.Privacy.secret(at: files.key)
            key = try SafeFile.readSecret(
                keyPath,
                maximum: maximumPEMByteCount,
                privacy: privacy == .secret ? .secretOfGroup : privacy
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

/// The certificate in force. Connections keep the one that they began with.
final class TLSContext: Sendable {
    private let connection: HTTPConnection
    private let stored: Mutex<TLSChannel<HTTPConnection>>

    init(_ connection: HTTPConnection, _ files: TLSFiles) throws(ConfigurationError) {
        self.connection = connection
        self.stored = Mutex(try Self.channel(connection, files))
    }

    var current: TLSChannel<HTTPConnection> { stored.withLock { $0 } }

    func reload(_ files: TLSFiles) throws(ConfigurationError) {
        let channel = try Self.channel(connection, files)
        stored.withLock { $0 = channel }
    }

    private static func channel(
        _ connection: HTTPConnection,
        _ files: TLSFiles
    ) throws(ConfigurationError) -> TLSChannel<HTTPConnection> {
        let configuration = try TLSIdentity.load(files)
        do {
            return try TLSChannel(connection, tlsConfiguration: configuration)
        } catch {
            throw .invalid(key: "http.tls", reason: "certificate and key do not fit each other")
        }
    }
}
