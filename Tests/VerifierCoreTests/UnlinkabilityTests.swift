import Ristretto255
import ServiceSupport
import Sodium
import Testing

@testable import VerifierCore

/// attacks.md F17: two verifiers at which the same person enrolled cannot link the records.
@Suite struct UnlinkabilityTests {
    private static let window = 16
    private static let publicRun = 8
    private static let leastDistinctBytes = 12

    /// The 16-byte strings that both `one` and `other` contain and that cannot be explained by what is public: those
    /// no 8 bytes of which occur in `control`, the database of a verifier with the same public strings (names, models,
    /// times, SQLite's own structures) about a different person, template and sensor.
    ///
    /// What is private is uniformly random: keys, commitments, nonces, hashes. So only strings of at least 12 different
    /// bytes count. 16 random bytes have fewer with probability 2.2e-5; of the 17 windows of a shared 32-byte value two
    /// are disjoint, so that one of them counts but for a chance of 5e-10. SQLite's pages, on the other hand, hold runs
    /// that two databases can share by chance and the control lack: the cell pointers of an index on random keys stand
    /// in the keys' order. A page header and the pointers after it, or eight two-byte pointers to cells of one or two
    /// hundred bytes, repeat their high bytes and zeros; if ever they have 12 different bytes, there are eight pointers
    /// whose orders would have to agree.
    static func shared(_ one: [UInt8], _ other: [UInt8], control: [UInt8]) -> [[UInt8]] {
        var publicRuns: Set<UInt64> = []
        for start in 0..<max(0, control.count - publicRun + 1) { publicRuns.insert(word(control, start)) }
        var windows: Set<ArraySlice<UInt8>> = []
        for start in 0..<max(0, one.count - window + 1) {
            let candidate = one[start..<start + window]
            let isPrivate =
                Set(candidate).count >= leastDistinctBytes
                && (start...start + window - publicRun).allSatisfy { !publicRuns.contains(word(one, $0)) }
            if isPrivate { windows.insert(candidate) }
        }
        var found: [[UInt8]] = []
        for start in 0..<max(0, other.count - window + 1) where windows.contains(other[start..<start + window]) {
            found.append(Array(other[start..<start + window]))
        }
        return found
    }

    /// Whether `found` has one of the windows of `value`.
    private static func names(_ found: [[UInt8]], _ value: [UInt8]) -> Bool {
        (0...value.count - window).contains { found.contains(Array(value[$0..<$0 + window])) }
    }

    private static func word(_ bytes: [UInt8], _ start: Int) -> UInt64 {
        bytes[start..<start + publicRun].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A verifier's database after an enrolment, logins, a rotation and a refused proof.
    private func database(sensor: SigningKey? = nil, commitment: CompressedRistretto? = nil) async throws -> [UInt8] {
        let bench = try TestBench(clock: TestClock(), sensor: sensor ?? SigningKey())
        let connection = ConnectionIdentity()
        let submitter = Submitter.local(connection: connection, uid: 0)
        let requester = Requester.local(connection: connection, uid: 0)
        let sensorKey = bench.sensor.publicKey.bytes
        let enrolment = try await bench.verifier.enrolChallenge(
            subject: "alice@example.org",
            modality: "face",
            label: "laptop camera",
            samples: 3,
            assurance: "match",
            for: requester
        )
        _ = try await bench.verifier.register(
            proof: try TestProof(
                answering: enrolment,
                sensorKey: sensorKey,
                newTemplate: commitment ?? TestBench.randomCommitment()
            ).encode(),
            from: submitter
        )
        let client = SigningKey()
        try await bench.enrol("alice@example.org", label: "laptop", modality: .fingerprint, device: client)
        for _ in 0..<2 {
            let challenge = try await bench.verifier.challenge(
                subject: "alice@example.org",
                purpose: "login",
                for: .remote(clientKey: client.publicKey.bytes, address: "192.0.2.1")
            )
            let proof = try TestProof(answering: challenge, sensorKey: sensorKey).encode()
            _ = try await bench.verifier.verify(
                proof: proof,
                from: .remote(clientSignature: ClientSignature.sign(proof: proof, with: client), address: "192.0.2.1")
            )
        }
        let rotation = try await bench.verifier.rotateChallenge(
            subject: "alice@example.org",
            modality: "face",
            label: "laptop camera",
            kind: "reblind",
            samples: 1,
            for: requester
        )
        _ = try await bench.verifier.rotate(
            proof: try TestProof(
                answering: rotation,
                sensorKey: sensorKey,
                newTemplate: TestBench.randomCommitment()
            ).encode(),
            from: submitter
        )
        _ = try await bench.verifier.challenge(subject: "alice@example.org", purpose: "login", for: requester)
        _ = try await bench.verifier.makeEnrolmentToken(subject: "alice@example.org", lifetime: 600)
        try bench.verifier.store.close()
        return try DatabaseBytes.read(bench.databasePath).bytes
    }

    @Test func twoVerifiersDatabasesShareNothingPrivate() async throws {
        let (one, other, control) = (try await database(), try await database(), try await database())
        #expect(Self.shared(one, other, control: control).isEmpty)
    }

    /// The check finds what it is for: the same sensor key, or the same commitment, at both.
    @Test func theCheckFindsASharedSensorKeyAndASharedCommitment() async throws {
        let control = try await database()
        let sensor = SigningKey()
        let shared = Self.shared(
            try await database(sensor: sensor),
            try await database(sensor: sensor),
            control: control
        )
        #expect(Self.names(shared, sensor.publicKey.bytes))
        let commitment = TestBench.randomCommitment()
        let sameTemplate = Self.shared(
            try await database(commitment: commitment),
            try await database(commitment: commitment),
            control: control
        )
        #expect(Self.names(sameTemplate, commitment.bytes))
    }

    /// The run of page structure that two databases once had in common is not taken for a private value, wherever it
    /// stands; a random string in its place is.
    @Test func pageStructureIsNotPrivate() {
        let structure: [UInt8] = [0, 0, 2, 15, 183, 0, 15, 220, 15, 183, 0, 0, 0, 0, 0, 0]
        let value = SigningKey().publicKey.bytes
        func database(_ content: [UInt8]) -> [UInt8] { [10, 0] + content + [13] }
        #expect(Self.shared(database(structure), structure + [1], control: []).isEmpty)
        #expect(Self.names(Self.shared(database(value), value + [1], control: []), value))
        #expect(Self.shared(database(value), value, control: value).isEmpty)
    }
}
