import Foundation
import IntegerNetwork
import Logging
import Sodium
import Statement
import Synchronization
import Testing

@testable import SensorClient
@testable import SensorCore
@testable import Varlink

@Suite("sensor over Varlink")
struct SensorServiceTests {
    private func serving(
        _ bench: SensorBench,
        prover: UInt32 = getuid(),
        _ body: (String) async throws -> Void
    ) async throws {
        let path = bench.directory + "/socket"
        let server = VarlinkServer(
            identity: .init(vendor: "Semblance", product: "test", version: "1", url: ""),
            services: [SensorService(sensor: try bench.sensor(), prover: prover, seat: "seat7").service],
            listener: try VarlinkListener(path: path, mode: 0o600),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            grace: .milliseconds(100)
        )
        let task = Task { try await server.run() }
        do {
            try await body(path)
        } catch {
            server.stop()
            try? await task.value
            throw error
        }
        server.stop()
        try await task.value
    }

    @Test("the prover's client gets what the sensor made, with advice on the way")
    func roundTrip() async throws {
        try await SensorBench.run { bench in
            try bench.put("0.pgm", [UInt8](repeating: 10, count: 64))
            try bench.put("1.pgm", SensorBench.pixels(1))
            try await serving(bench) { path in
                let client = SensorClient(path: path, trusted: [getuid()])
                let info = try await client.info()
                #expect(info.kind == "image-file" && info.modalities == ["face"] && info.models.first?.count == 64)
                #expect(info.seat == "seat7")
                #expect(info.fault(at: "seat7") == nil && info.fault(at: "seat0") != nil)
                let challenge = try bench.challenge()
                let advice = Mutex<[String]>([])
                let samples = try await client.capture(challenge, models: [], index: 0, timeout: .seconds(5)) { text in
                    advice.withLock { $0.append(text) }
                }
                #expect(samples.count == 1)
                #expect(advice.withLock { $0 } == ["too little contrast: 0, need 8; more light"])
                let key = try await client.publicKey(audience: "host", verifierKey: bench.verifier.publicKey.bytes)
                #expect(samples.first?.attestation?.publicKey == key)
                await #expect(throws: SampleFailure.poorSample(advice: ImageSensor.replayAdvice)) {
                    try await client.capture(challenge, models: [], index: 1, timeout: .milliseconds(200)) { _ in }
                }
            }
        }
    }

    @Test("refusals come as failures with a hint")
    func refusals() async throws {
        try await SensorBench.run { bench in
            try await serving(bench) { path in
                let client = SensorClient(path: path, trusted: [getuid()])
                let cases: [(SignedChallenge, String)] = [
                    (
                        try bench.challenge(model: [UInt8](repeating: 1, count: 32)),
                        "the sensor does not have the model that the verifier asks for"
                    ),
                    (try bench.challenge(modality: .fingerprint), "the sensor does not capture this modality"),
                    (try bench.challenge(signer: SigningKey()), "the sensor refused the challenge"),
                ]
                for (challenge, hint) in cases {
                    await #expect(throws: SampleFailure.unavailable(hint: hint)) {
                        try await client.capture(challenge, models: [], index: 0, timeout: .seconds(1)) { _ in }
                    }
                }
            }
            let nobody = SensorClient(path: bench.directory + "/none", trusted: [getuid()])
            await #expect(
                throws: SampleFailure.unavailable(hint: "no sensor answers; is semblance-sensor running?")
            ) { try await nobody.info() }
        }
    }

    @Test("root and the prover's user may call, nobody else")
    func authorisation() async throws {
        try await SensorBench.run { bench in
            let service = SensorService(sensor: try bench.sensor(), prover: 900)
            func call(_ uid: UInt32) -> VarlinkCall {
                VarlinkCall(
                    method: "GetInfo",
                    parameters: Parameters([:]),
                    peer: .init(uid: uid, gid: uid, pid: 1),
                    connection: 1,
                    wantsMore: false
                )
            }
            for uid: UInt32 in [0, 900] { _ = try await service.getInfo(call(uid)) }
            for uid: UInt32 in [1, 899, 901, 1000, .max] {
                await #expect(throws: VarlinkError.permissionDenied) { try await service.getInfo(call(uid)) }
                await #expect(throws: VarlinkError.permissionDenied) { try await service.publicKey(call(uid)) }
                await #expect(throws: VarlinkError.permissionDenied) { try await service.capture(call(uid)) }
            }
        }
    }

    @Test("the client runs the network on what the sensor committed", arguments: [Assurance.full, .head])
    func networkRun(_ assurance: Assurance) async throws {
        try await SensorBench.run(layers: 2) { bench in
            try bench.put("1.pgm", SensorBench.pixels(1))
            try await serving(bench) { path in
                let client = SensorClient(path: path, trusted: [getuid()])
                let challenge = try bench.challenge(assurance: assurance)
                let model = bench.model
                let samples = try await client.capture(
                    challenge,
                    models: [model],
                    index: 0,
                    timeout: .seconds(5)
                ) { _ in }
                let expected = try model.traceValues(input: SensorBench.pixels(1))
                let sample = try #require(samples.first)
                let evidence = try #require(sample.network)
                #expect(sample.opening.values == expected.blocks.last)
                #expect(evidence.trace.blocks.count == 3 && evidence.trace.blocks.last == expected.blocks.last)
                let start = try #require(model.published.startBlock(at: assurance))
                #expect(evidence.start.values == expected.blocks[start])
            }
        }
    }

    @Test(
        "a committed block that was tampered with on the way is not believed",
        arguments: ["values", "blinder", "commitment", "attestation"]
    )
    func tamperingWithABlock(_ member: String) async throws {
        try await SensorBench.run { bench in
            try bench.put("1.pgm", SensorBench.pixels(1))
            let challenge = try bench.challenge(assurance: .full)
            let sample = try await bench.sensor().capture(challenge, index: 0, timeout: .seconds(5)) { _ in }
            var members = SensorService.encode(sample)
            func decode(_ models: [EmbeddingModel]) throws {
                _ = try SensorClient.decode(members, challenge, models: models)
            }
            try decode([bench.model])
            #expect(throws: SampleFailure.self) { try decode([]) }
            let whole = try #require(Base64.decode(try Parameters(members).string(member)))
            for index in [0, whole.count / 2, whole.count - 1] {
                var bytes = whole
                bytes[index] ^= 1
                members[member] = .string(Base64.encode(bytes))
                #expect(throws: SampleFailure.self) { try decode([bench.model]) }
            }
            for bytes in [Array(whole.dropLast()), whole + [0], []] {
                members[member] = .string(Base64.encode(bytes))
                #expect(throws: SampleFailure.self) { try decode([bench.model]) }
            }
        }
    }

    @Test(
        "a sample that was tampered with on the way is not believed",
        arguments: ["values", "blinder", "commitment", "attestation"]
    )
    func tampering(_ member: String) async throws {
        try await SensorBench.run { bench in
            try bench.put("1.pgm", SensorBench.pixels(1))
            let challenge = try bench.challenge()
            let sample = try await bench.sensor().capture(challenge, index: 0, timeout: .seconds(5)) { _ in }
            var members = SensorService.encode(sample)
            _ = try SensorClient.decode(members, challenge, models: [])
            var bytes = try #require(Base64.decode(try Parameters(members).string(member)))
            bytes[bytes.count / 2] ^= 1
            members[member] = .string(Base64.encode(bytes))
            #expect(throws: SampleFailure.self) {
                try SensorClient.decode(members, challenge, models: [])
            }
            members[member] = nil
            #expect(throws: SampleFailure.self) {
                try SensorClient.decode(members, challenge, models: [])
            }
        }
    }
}
