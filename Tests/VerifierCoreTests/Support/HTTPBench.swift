import Encoding
import Foundation
import Logging
import ServiceSupport
import Sodium
import Testing
import Varlink

@testable import VerifierCore

/// A verifier behind its HTTP service on a loopback port.
final class HTTPBench {
    static let administratorToken = AdministratorToken.generate()

    let bench: TestBench
    let client: RawClient
    let service: HTTPService
    private let task: Task<Void, any Error>

    init(
        bench: TestBench? = nil,
        requestTimeoutSeconds: Int = 15,
        requestsPerMinute: Int = 100_000,
        maximumConnections: Int = 512,
        maximumConnectionsPerAddress: Int = 64,
        maximumBodyBytes: Int = 32 << 20,
        proxies: ProxyTrust = .none,
        grace: Duration = .seconds(4),
        tls: TLSFiles? = nil
    ) async throws {
        let bench = try bench ?? TestBench()
        let settings = try HTTPSettings(
            address: "127.0.0.1",
            port: 0,
            tls: tls,
            administratorTokenHash: AdministratorToken.hash(Self.administratorToken),
            requestTimeoutSeconds: requestTimeoutSeconds,
            maximumConnections: maximumConnections,
            maximumConnectionsPerAddress: maximumConnectionsPerAddress,
            requestsPerMinute: requestsPerMinute,
            maximumBodyBytes: maximumBodyBytes,
            proxies: proxies
        )
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let service = try HTTPService(
            verifier: bench.verifier,
            tokens: try await TokenIssuer(audience: bench.audience, keys: bench.keys),
            settings: settings,
            grace: grace,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            onListening: { continuation.yield($0) }
        )
        self.bench = bench
        self.service = service
        self.task = Task { try await service.run() }
        var port: Int?
        for await value in ports {
            port = value
            break
        }
        self.client = RawClient(port: try #require(port))
    }

    func beginStopping() {
        task.cancel()
    }

    func stop() async {
        task.cancel()
        _ = try? await task.value
    }

    /// POSTs a JSON object and returns status and answer.
    func post(_ path: String, _ body: JSON) async throws -> (status: Int, answer: Parameters) {
        let (status, text) = await client.request("POST", path, body: String(decoding: body.encode(), as: UTF8.self))
        return (status, try Self.object(text))
    }

    static func object(_ text: String) throws -> Parameters {
        guard case .object(let members) = try JSON(parsing: Array(text.utf8)) else { return Parameters([:]) }
        return Parameters(members)
    }

    /// A challenge for a login, by a new client.
    func challenge(_ subject: String, key: SigningKey) async throws -> [UInt8] {
        let (status, answer) = try await post(
            "/v1/challenge",
            [
                "subject": .string(subject), "purpose": "shop.example.org",
                "clientKey": .string(Base64.encode(key.publicKey.bytes)),
            ]
        )
        #expect(status == 200)
        return try answer.bytes("challenge")
    }

    static func submission(_ proof: [UInt8], key: SigningKey) -> JSON {
        [
            "proof": .string(Base64.encode(proof)), "origin": .string(TestBench.origin.text),
            "clientSignature": .string(Base64.encode(ClientSignature.sign(proof: proof, with: key))),
        ]
    }
}
