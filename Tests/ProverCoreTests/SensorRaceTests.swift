import Foundation
import Interfaces
import MatchProof
import Presence
import SensorClient
import Sodium
import Statement
import Synchronization
import Testing
import Varlink
import Vault

@testable import ProverCore

/// A reader and a camera, and a person with a finger and a face.
private struct TwoSensors {
    static let finger = 1
    static let face = 2

    let reader: ScriptedSensor
    let camera: ScriptedSensor
    let bench: ProverBench

    static func run(
        reader: ScriptedSensor = ScriptedSensor([.fingerprint]),
        camera: ScriptedSensor = ScriptedSensor([.face]),
        seats: (reader: String, camera: String) = ("seat0", "seat0"),
        presence: SeatPresence? = nil,
        change: (inout ProverSettings) -> Void = { _ in },
        _ body: (TwoSensors) async throws -> Void
    ) async throws {
        let sensors = [
            ProverSensor(name: "reader", seat: seats.reader, source: reader),
            ProverSensor(name: "camera", seat: seats.camera, source: camera),
        ]
        try await ProverBench.run(seats: presence, sensors: sensors, change: change) { bench in
            try await body(TwoSensors(reader: reader, camera: camera, bench: bench))
        }
    }

    private init(reader: ScriptedSensor, camera: ScriptedSensor, bench: ProverBench) {
        (self.reader, self.camera, self.bench) = (reader, camera, bench)
    }

    func enrol(_ modality: Modality, label: String = "default", person: Int, at sensor: ScriptedSensor) async throws {
        sensor.see((1...3).map { ProverBench.person(person, noise: $0) })
        sensor.script.withLock { $0.delay = .zero }
        let challenge = try bench.enrolChallenge { ($0.modality, $0.label) = (modality, label) }
        let proof = try await bench.prover.enroll(challenge.bytes, by: bench.alice)
        let verified = try MatchVerifier().verify(
            ProofEnvelope(decoding: proof) { _ in nil },
            verifierKey: bench.verifier.publicKey,
            sensorKey: sensor.key.publicKey
        )
        let receipt = Receipt(
            role: .enrol,
            modality: modality,
            audience: "host",
            subject: "alice",
            label: label,
            template: try #require(verified.newTemplate),
            epoch: 0,
            model: challenge.challenge.model,
            time: bench.now
        )
        try bench.prover.commit(SignedReceipt(signing: receipt, with: bench.verifier).bytes, by: bench.alice)
    }

    func enrolBoth() async throws {
        try await enrol(.fingerprint, person: Self.finger, at: reader)
        try await enrol(.face, person: Self.face, at: camera)
    }

    /// A set about these enrolments.
    func issue(_ entries: [(Modality, String)] = [(.fingerprint, "default"), (.face, "default")]) throws
        -> [SignedChallenge]
    {
        let nonce = SecureRandom.bytes(32)
        return try entries.map { modality, label in
            let key = EnrolmentKey(subject: "alice", audience: "host", modality: modality, label: label)
            let current = try #require(try bench.vault.enrolment(key)?.current)
            return try bench.sign(
                bench.draft {
                    ($0.modality, $0.label, $0.nonce) = (modality, label, nonce)
                    ($0.template, $0.epoch) = (current.commitment, current.epoch)
                }
            )
        }
    }

    /// The challenge that was answered, and the sensor that signed.
    @discardableResult
    func login(_ challenges: [SignedChallenge]? = nil, by request: Request? = nil) async throws -> (
        challenge: Challenge, sensorKey: [UInt8]?
    ) {
        let challenges = try challenges ?? issue()
        let proof = try await bench.prover.prove(
            challenges[0].bytes,
            alternatives: challenges.dropFirst().map(\.bytes),
            expected: ChallengeExpectation(
                origin: ChallengeExpectation.socket,
                role: "authenticate",
                subject: "alice",
                purpose: "login",
                samples: 1
            ),
            by: request ?? bench.alice
        ).proof
        let verified = try MatchVerifier().verify(
            ProofEnvelope(decoding: proof) { _ in nil },
            verifierKey: bench.verifier.publicKey,
            sensorKey: nil
        )
        return (verified.challenge, verified.sensorKey)
    }

    /// Sees that person after a while; 0: nobody comes.
    func show(_ sensor: ScriptedSensor, _ person: Int, after delay: Duration = .zero) {
        sensor.see([ProverBench.person(person, noise: 4)])
        sensor.script.withLock { script in
            script.delay = person == 0 ? .seconds(600) : delay
            (script.captures, script.cancelled) = (0, 0)
        }
    }

    private func isPermitted(_ modality: Modality) -> Bool {
        do {
            try bench.vault.checkAttempt("alice", modality)
            return true
        } catch {
            return false
        }
    }

    func failures(_ modality: Modality) throws -> Int {
        var free = 0
        // Five failures are free: what is left of them tells how many were counted.
        while isPermitted(modality) {
            _ = try bench.vault.beginAttempt("alice", modality)
            free += 1
        }
        return 5 - free
    }
}

@Suite("several sensors at the same time")
struct SensorRaceTests {
    @Test("either finger or face: the first match ends the capture of the other, and nothing stays counted")
    func either() async throws {
        try await TwoSensors.run { two in
            try await two.enrolBoth()
            for (shown, idle, modality, person) in [
                (two.reader, two.camera, Modality.fingerprint, TwoSensors.finger),
                (two.camera, two.reader, Modality.face, TwoSensors.face),
            ] {
                two.show(shown, person, after: .milliseconds(100))
                two.show(idle, 0)
                let start = ContinuousClock.now
                let (challenge, key) = try await two.login()
                #expect(challenge.modality == modality && key == shown.key.publicKey.bytes)
                #expect(ContinuousClock.now - start < .seconds(5))
                // Both looked, the other was stopped.
                #expect(shown.captures == 1 && idle.captures == 1)
                #expect(idle.script.withLock { $0.cancelled } == 1)
            }
            #expect(try two.failures(.face) == 0)
            #expect(try two.failures(.fingerprint) == 0)
        }
    }

    @Test("each sensor is asked for its modality only, and one of no enrolled modality not at all")
    func modalities() async throws {
        try await TwoSensors.run { two in
            try await two.enrolBoth()
            two.show(two.reader, TwoSensors.finger)
            two.show(two.camera, 0)
            try await two.login()
            #expect(two.reader.script.withLock { $0.seen.map(\.modality) } == [.fingerprint])
            #expect(two.camera.script.withLock { $0.seen.map(\.modality) } == [.face])
            two.show(two.camera, TwoSensors.face)
            try await two.login(try two.issue([(.fingerprint, "default")]))
            #expect(two.camera.captures == 0)
        }
    }

    @Test(
        "a sensor that is missing, busy, dark or hung does not spoil the other",
        arguments: [
            SampleFailure?.some(.unavailable(hint: "no sensor answers")), .some(.busy),
            .some(.poorSample(advice: "too dark")), nil,
        ]
    )
    func broken(_ failure: SampleFailure?) async throws {
        try await TwoSensors.run { two in
            try await two.enrolBoth()
            two.show(two.reader, TwoSensors.finger, after: .milliseconds(50))
            two.show(two.camera, TwoSensors.face)
            two.camera.script.withLock { $0.hangs = failure == nil }
            two.camera.fail(failure)
            let start = ContinuousClock.now
            #expect(try await two.login().challenge.modality == .fingerprint)
            #expect(ContinuousClock.now - start < .seconds(3))
            // And the other way round: what is not asked for spoils nothing.
            two.show(two.reader, 0)
            two.reader.fail(.unavailable(hint: "unplugged"))
            two.camera.fail(nil)
            two.camera.script.withLock { $0.hangs = false }
            #expect(try await two.login().challenge.modality == .face)
        }
    }

    @Test("an impostor at one sensor, the right finger at the other: it is let in, and the impostor's face is counted")
    func impostor() async throws {
        try await TwoSensors.run { two in
            try await two.enrolBoth()
            let said = Mutex<[String]>([])
            let request = Request(peer: ProverBench.aliceUID) { stage, message, _ in
                if stage == "capture" { said.withLock { $0.append(message) } }
            }
            two.show(two.camera, 9)
            two.show(two.reader, TwoSensors.finger, after: .milliseconds(300))
            #expect(try await two.login(by: request).challenge.modality == .fingerprint)
            #expect(said.withLock { $0.last } == "no match; touch the reader")
            #expect(try two.failures(.fingerprint) == 0)
            #expect(try two.failures(.face) == 1)
        }
    }

    @Test("a sample that is not like, and nobody at the other sensor: no match after a short wait, one attempt counted")
    func grace() async throws {
        try await TwoSensors.run(change: { $0.race.grace = .milliseconds(200) }) { two in
            try await two.enrolBoth()
            two.show(two.reader, 9)
            two.show(two.camera, 0)
            let start = ContinuousClock.now
            await #expect(throws: ProverFailure.noMatch) { try await two.login() }
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(two.camera.script.withLock { $0.cancelled } == 1)
            #expect(try two.failures(.fingerprint) == 1)
            #expect(try two.failures(.face) == 0)
        }
    }

    @Test("strangers at both: no match, one attempt of each modality, at once")
    func strangers() async throws {
        try await TwoSensors.run { two in
            try await two.enrolBoth()
            two.show(two.reader, 8)
            two.show(two.camera, 9)
            let start = ContinuousClock.now
            await #expect(throws: ProverFailure.noMatch) { try await two.login() }
            #expect(ContinuousClock.now - start < .seconds(3))
            #expect(try two.failures(.fingerprint) == 1)
            #expect(try two.failures(.face) == 1)
        }
    }

    @Test("a caller who has gone frees both within 200 ms, and is charged nothing")
    func cancel() async throws {
        try await TwoSensors.run { two in
            try await two.enrolBoth()
            two.show(two.reader, 0)
            two.show(two.camera, 0)
            let login = Task { try await two.login() }
            while two.reader.captures == 0 || two.camera.captures == 0 { try await Task.sleep(for: .milliseconds(2)) }
            let start = ContinuousClock.now
            login.cancel()
            await #expect(throws: ProverFailure.poorSample(hint: "cancelled")) { try await login.value }
            #expect(ContinuousClock.now - start < .milliseconds(200))
            for sensor in [two.reader, two.camera] { #expect(sensor.script.withLock { $0.cancelled } == 1) }
            #expect(try two.failures(.fingerprint) == 0)
            #expect(try two.failures(.face) == 0)
            // The place is free.
            try await two.bench.prover.queue.enter(1) {}
        }
    }

    @Test("the person is told of the sensors that are there, each by what he does at it")
    func words() async throws {
        try await TwoSensors.run { two in
            try await two.enrolBoth()
            let said = Mutex<[String]>([])
            let request = Request(peer: ProverBench.aliceUID) { stage, message, _ in
                if stage == "capture" { said.withLock { $0.append(message) } }
            }
            two.show(two.reader, TwoSensors.finger, after: .milliseconds(400))
            two.show(two.camera, 0)
            try await two.login(by: request)
            #expect(
                said.withLock { $0 } == [
                    "host asks for your finger or your face for login", "touch the reader or look at the camera",
                ]
            )
            said.withLock { $0 = [] }
            two.camera.script.withLock { $0.hangs = true }
            try await two.login(by: request)
            #expect(said.withLock { $0.last } == "touch the reader")
        }
        let places = [
            SensorPrompt.Place(name: "left", modalities: [.fingerprint]),
            SensorPrompt.Place(name: "right", modalities: [.fingerprint]),
            SensorPrompt.Place(name: "top", modalities: [.face]),
        ]
        #expect(
            SensorPrompt.words(places) == "touch the reader \"left\", touch the reader \"right\" or look at the camera"
        )
    }

    @Test("no sample anywhere: what the person can do comes first, each sensor by its name")
    func reasons() async throws {
        try await TwoSensors.run { two in
            try await two.enrolBoth()
            let cases: [(SampleFailure, SampleFailure, ProverFailure)] = [
                (
                    .poorSample(advice: "dry"), .poorSample(advice: "dark"),
                    .poorSample(hint: "reader: dry; camera: dark")
                ),
                (.poorSample(advice: "dry"), .unavailable(hint: "gone"), .poorSample(hint: "reader: dry")),
                (.busy, .unavailable(hint: "gone"), .busy),
                (.unavailable(hint: "a"), .unavailable(hint: "b"), .sensorUnavailable(hint: "reader: a; camera: b")),
            ]
            for (reader, camera, expected) in cases {
                two.show(two.reader, 1, after: .milliseconds(10))
                two.show(two.camera, 1, after: .milliseconds(100))
                two.reader.fail(reader)
                two.camera.fail(camera)
                await #expect(throws: expected) { try await two.login() }
            }
        }
    }

    @Test("a locked-out modality is not asked for; the other still is")
    func lockedOut() async throws {
        try await TwoSensors.run(change: { $0.race.grace = .milliseconds(50) }) { two in
            try await two.enrolBoth()
            for _ in 0..<5 { _ = try two.bench.vault.beginAttempt("alice", .fingerprint) }
            two.show(two.reader, TwoSensors.finger)
            two.show(two.camera, TwoSensors.face)
            #expect(try await two.login().challenge.modality == .face)
            #expect(two.reader.captures == 0)
        }
    }
}

@Suite("several sensors of one modality")
struct SensorPinTests {
    private func readers(_ body: (TwoSensors) async throws -> Void) async throws {
        try await TwoSensors.run(camera: ScriptedSensor([.fingerprint]), body)
    }

    @Test("the samples of an enrolment are all of the sensor that gave the first, and its key is kept")
    func enrolment() async throws {
        try await readers { two in
            two.show(two.reader, 0)
            // `camera` is a second reader here.
            try await two.enrol(.fingerprint, person: 1, at: two.camera)
            #expect(two.reader.captures == 1 && two.reader.script.withLock { $0.cancelled } == 1)
            #expect(two.camera.captures == 3)
            let key = EnrolmentKey(subject: "alice", audience: "host", modality: .fingerprint, label: "default")
            #expect(try two.bench.vault.enrolment(key)?.sensorKey == two.camera.key.publicKey.bytes)
        }
    }

    @Test("an enrolment is used at the sensor that it was made at, and each of two at its own")
    func pinned() async throws {
        try await readers { two in
            two.show(two.camera, 0)
            try await two.enrol(.fingerprint, label: "a", person: 1, at: two.reader)
            two.show(two.reader, 0)
            try await two.enrol(.fingerprint, label: "b", person: 2, at: two.camera)
            two.show(two.reader, 1, after: .milliseconds(100))
            two.show(two.camera, 1)
            // The finger of "a" at the other reader is nobody's there, whichever comes first.
            let (challenge, key) = try await two.login(try two.issue([(.fingerprint, "a"), (.fingerprint, "b")]))
            #expect(challenge.label == "a" && key == two.reader.key.publicKey.bytes)
            two.show(two.reader, 1, after: .milliseconds(100))
            two.show(two.camera, 1)
            try await two.login(try two.issue([(.fingerprint, "a")]))
            #expect(two.camera.captures == 0)
        }
    }

    @Test(
        "where the sensor of the enrolment is none of those here, all are asked: the verifier says what that is worth"
    )
    func replaced() async throws {
        try await readers { two in
            two.show(two.camera, 0)
            try await two.enrol(.fingerprint, person: 1, at: two.reader)
            let others = [ScriptedSensor([.fingerprint]), ScriptedSensor([.fingerprint])]
            let prover = Prover(
                vault: two.bench.vault,
                sensors: others.enumerated().map { ProverSensor(name: "\($0)", seat: "seat0", source: $1) },
                settings: ProverSettings(),
                accounts: two.bench.prover.accounts,
                presence: SeatPresence(everywhere: .none),
                logger: two.bench.prover.logger,
                now: two.bench.prover.now
            )
            others[0].see([ProverBench.person(1, noise: 4)])
            others[1].script.withLock { $0.delay = .seconds(600) }
            let challenge = try two.issue([(.fingerprint, "default")])[0]
            _ = try await prover.prove(challenge.bytes, by: two.bench.alice)
            #expect(others[0].captures == 1)
            // One that does not answer may be the one: then none of the others is asked in its place.
            others[1].script.withLock { $0.delay = .zero }
            let missing = Prover(
                vault: two.bench.vault,
                sensors: [
                    ProverSensor(
                        name: "away",
                        seat: "seat0",
                        source: SensorClient(path: "/nonexistent/s", trusted: [])
                    ),
                    ProverSensor(name: "other", seat: "seat0", source: others[0]),
                ],
                settings: ProverSettings(),
                accounts: two.bench.prover.accounts,
                presence: SeatPresence(everywhere: .none),
                logger: two.bench.prover.logger,
                now: two.bench.prover.now
            )
            do {
                _ = try await missing.prove(try two.issue([(.fingerprint, "default")])[0].bytes, by: two.bench.alice)
                Issue.record("it was proved by another sensor")
            } catch ProverFailure.sensorUnavailable(let hint) {
                #expect(hint.contains("away: ") && hint.contains("other: the enrolment was made at another sensor"))
            }
            #expect(others[0].captures == 1)
        }
    }
}

@Suite("sensors at several seats")
struct SensorSeatTests {
    @Test("a sensor of another seat than the caller's is not asked, and nobody at no seat gets anything")
    func seats() async throws {
        let place = Place("seat0")
        try await TwoSensors.run(seats: ("seat0", "seat1"), presence: place.presence) { two in
            try await two.enrol(.fingerprint, person: TwoSensors.finger, at: two.reader)
            place.move("seat1")
            try await two.enrol(.face, person: TwoSensors.face, at: two.camera)
            two.show(two.reader, TwoSensors.finger)
            two.show(two.camera, TwoSensors.face)
            #expect(try await two.login().challenge.modality == .face)
            #expect(two.reader.captures == 0)
            place.move("seat0")
            two.show(two.camera, TwoSensors.face)
            #expect(try await two.login().challenge.modality == .fingerprint)
            #expect(two.camera.captures == 0)
            place.move("seat2")
            let expected = ProverFailure.presenceRequired(reason: PresenceRefusal.otherSeat.reason)
            await #expect(throws: expected) { try await two.login() }
        }
    }

    @Test("who leaves the seat of the sensor that saw him gets no proof")
    func leaving() async throws {
        let place = Place("seat0")
        try await TwoSensors.run(seats: ("seat0", "seat1"), presence: place.presence) { two in
            try await two.enrol(.fingerprint, person: TwoSensors.finger, at: two.reader)
            two.show(two.reader, TwoSensors.finger, after: .milliseconds(200))
            let challenges = try two.issue([(.fingerprint, "default")])
            let login = Task { try await two.login(challenges) }
            while two.reader.captures == 0 { try await Task.sleep(for: .milliseconds(2)) }
            place.move("seat1")
            await #expect(throws: ProverFailure.presenceRequired(reason: PresenceRefusal.otherSeat.reason)) {
                try await login.value
            }
        }
    }

    @Test("a sensor that says it is at another seat is not asked, and status says why")
    func otherSeat() async throws {
        try await TwoSensors.run(camera: ScriptedSensor([.face], seat: "seat1")) { two in
            try await two.enrol(.fingerprint, person: TwoSensors.finger, at: two.reader)
            two.show(two.camera, TwoSensors.face)
            let challenge = try two.bench.enrolChallenge()
            do {
                _ = try await two.bench.prover.enroll(challenge.bytes, by: two.bench.alice)
                Issue.record("it was asked")
            } catch ProverFailure.sensorUnavailable(let hint) {
                #expect(hint.contains("seat1") && hint.contains("seat0"))
            }
            #expect(two.camera.captures == 0)
        }
    }

    private final class Place: Sendable {
        private let seat: Mutex<String>

        init(_ seat: String) { self.seat = Mutex(seat) }

        func move(_ other: String) { seat.withLock { $0 = other } }

        var presence: SeatPresence {
            SeatPresence { seat in
                PresencePolicy { caller, subject throws(PresenceRefusal) in
                    guard self.seat.withLock({ $0 }) == seat else { throw .otherSeat }
                    return subject
                }
            }
        }
    }
}

@Suite("status of several sensors")
struct SensorStatusTests {
    @Test("each by its name, with what is known against it, as the interface says")
    func status() async throws {
        try await TwoSensors.run(camera: ScriptedSensor([.face], seat: "seat1")) { two in
            let call = VarlinkCall(
                method: "Status",
                parameters: Parameters([:]),
                peer: .init(uid: 0, gid: 0, pid: 1),
                connection: 1,
                wantsMore: false
            )
            let reply = try await two.bench.prover.status(call)
            let method = try #require(VarlinkInterface.prover.methods["Status"])
            #expect(VarlinkInterface.prover.mismatch(of: reply, with: method.output) == nil)
            let states = try Parameters(reply).objects("sensors")
            #expect(try states.map { try $0.string("name") } == ["reader", "camera"])
            #expect(try states[0].strings("modalities") == ["fingerprint"])
            #expect(try states[0].optionalString("fault") == nil)
            #expect(try states[1].optionalString("fault")?.contains("seat1") == true)
            #expect(reply["sensor"] == "scripted")
        }
    }
}
