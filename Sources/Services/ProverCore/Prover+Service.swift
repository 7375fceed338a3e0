import Encoding
import Interfaces
import SensorClient
import ServiceSupport
import Sodium
import Statement
import Varlink
import Vault

extension Prover {
    /// The service for a ``VarlinkServer``.
    public var service: VarlinkService {
        VarlinkService(
            interface: .prover,
            handlers: [
                "Status": status, "List": list, "DeviceKey": deviceKey, "Prove": prove, "Enroll": enroll,
                "Rotate": rotate, "Commit": commit, "Revoke": revoke, "Unlock": unlock, "MayAsk": mayAsk,
                "Declined": declined, "Answered": answered, "PasswordEntered": passwordEntered,
            ],
            proxied: [
                "Status": .anybody, "List": .anybody, "Prove": .anybody, "MayAsk": .allButRoot,
                "Enroll": .allButRoot, "Commit": .allButRoot, "Revoke": .allButRoot,
            ]
        )
    }

    @Sendable
    func status(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let count = try translating { () throws(ProverFailure) in try list(nil, by: Request(call)).count }
        let states = await sensorStates()
        let answering = states.compactMap { try? $0.info.get() }
        return [
            "version": .string(Prover.version),
            "sensor": .string(Self.distinct(answering.map(\.kind)).joined(separator: ", ")),
            "models": .array(Self.distinct(answering.flatMap(\.models)).map { .string($0) }),
            "enrolments": .integer(Int64(count)),
            "sensors": .array(states.map { .object(describe($0.sensor, $0.info)) }),
        ]
    }

    @Sendable
    private func list(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let subject = try call.parameters.optionalString("subject")
        let enrolments = try translating { () throws(ProverFailure) in try list(subject, by: Request(call)) }
        return ["enrolments": .array(enrolments.map { .object(describe($0)) })]
    }

    @Sendable
    private func deviceKey(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let subject = try call.parameters.string("subject")
        guard let origin = Origin(try call.parameters.string("origin")) else { throw .invalidParameter("origin") }
        let key = try translating { () throws(ProverFailure) in
            try clientKey(of: subject, at: origin, by: Request(call))
        }
        return ["clientKey": .string(Base64.encode(key))]
    }

    @Sendable
    private func prove(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let challenge = try call.parameters.bytes("challenge")
        let alternatives = try call.parameters.bytesList("alternatives")
        let expected = try ChallengeExpectation(call.parameters)
        return try await answer { () async throws(ProverFailure) in
            try await prove(challenge, alternatives: alternatives, expected: expected, by: Request(call))
        }
    }

    @Sendable
    private func enroll(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let challenge = try call.parameters.bytes("challenge")
        let expected = try ChallengeExpectation(call.parameters)
        return try await answer { () async throws(ProverFailure) in
            try await enroll(challenge, expected: expected, by: Request(call))
        }
    }

    @Sendable
    private func rotate(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let challenge = try call.parameters.bytes("challenge")
        let expected = try ChallengeExpectation(call.parameters)
        return try await answer { () async throws(ProverFailure) in
            try await rotate(challenge, expected: expected, by: Request(call))
        }
    }

    @Sendable
    private func mayAsk(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let (subject, service) = (try call.parameters.string("subject"), try call.parameters.string("purpose"))
        try translating { () throws(ProverFailure) in try checkQuestion(subject, service, by: Request(call)) }
        return [:]
    }

    @Sendable
    private func declined(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let (subject, service) = (try call.parameters.string("subject"), try call.parameters.string("purpose"))
        try translating { () throws(ProverFailure) in try noteRefusal(subject, service, by: Request(call)) }
        return [:]
    }

    @Sendable
    private func answered(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let (subject, service) = (try call.parameters.string("subject"), try call.parameters.string("purpose"))
        try translating { () throws(ProverFailure) in try noteAnswer(subject, service, by: Request(call)) }
        return [:]
    }

    @Sendable
    private func passwordEntered(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let (subject, service) = (try call.parameters.string("subject"), try call.parameters.string("purpose"))
        try translating { () throws(ProverFailure) in try notePassword(subject, service, by: Request(call)) }
        return [:]
    }

    @Sendable
    private func commit(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let receipt = try call.parameters.bytes("receipt")
        try translating { () throws(ProverFailure) in try commit(receipt, by: Request(call)) }
        return [:]
    }

    @Sendable
    private func revoke(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        guard let modality = Modality(name: try call.parameters.string("modality")) else {
            throw .invalidParameter("modality")
        }
        let key = EnrolmentKey(
            subject: try call.parameters.string("subject"),
            audience: try call.parameters.string("audience"),
            modality: modality,
            label: try call.parameters.string("label")
        )
        try translating { () throws(ProverFailure) in try revoke(key, by: Request(call)) }
        return [:]
    }

    private func answer(
        _ body: () async throws(ProverFailure) -> Answer
    ) async throws(VarlinkError) -> [String: JSON] {
        do {
            let answer = try await body()
            var reply: [String: JSON] = ["proof": .string(Base64.encode(answer.proof))]
            reply["clientSignature"] = answer.clientSignature.map { .string(Base64.encode($0)) }
            return reply
        } catch {
            throw error.reply
        }
    }

    private func translating<Result>(_ body: () throws(ProverFailure) -> Result) throws(VarlinkError) -> Result {
        do {
            return try body()
        } catch {
            throw error.reply
        }
    }

    /// How long `Status` waits for a sensor.
    private static let statusPatience = Duration.seconds(5)

    /// What all sensors say of themselves, asked at the same time; one that hangs delays none.
    private func sensorStates() async -> [(sensor: ProverSensor, info: Result<SensorInfo, SampleFailure>)] {
        await withTaskGroup(of: (Int, Result<SensorInfo, SampleFailure>).self) { group in
            for (index, sensor) in sensors.enumerated() {
                group.addTask { (index, await sensor.state(within: Self.statusPatience)) }
            }
            var states: [Int: Result<SensorInfo, SampleFailure>] = [:]
            for await (index, info) in group { states[index] = info }
            return sensors.enumerated().map { ($1, states[$0] ?? .failure(.cancelled)) }
        }
    }

    private func describe(_ sensor: ProverSensor, _ info: Result<SensorInfo, SampleFailure>) -> [String: JSON] {
        var members: [String: JSON] = [
            "name": .string(sensor.name), "seat": .string(sensor.seat), "kind": "", "modalities": [], "fault": .null,
        ]
        switch info {
        case .success(let info):
            members["kind"] = .string(info.kind)
            members["modalities"] = .array(info.modalities.map { .string($0) })
            let fault = info.fault(at: sensor.seat)?.description ?? info.trouble
            if let fault { members["fault"] = .string(fault) }
        case .failure(let failure): members["fault"] = .string(failure.description)
        }
        return members
    }

    private static func distinct(_ texts: [String]) -> [String] {
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }

    private func describe(_ enrolment: Enrolment) -> [String: JSON] {
        [
            "subject": .string(enrolment.key.subject),
            "audience": .string(enrolment.key.audience),
            "origin": enrolment.origin.map { .string($0.text) } ?? .null,
            "verifierKey": .string(Base64.encode(enrolment.policy.verifierKey)),
            "modality": .string(enrolment.key.modality.name),
            "label": .string(enrolment.key.label),
            "model": .string(Hexadecimal.encode(enrolment.policy.model)),
            "assurance": .string(enrolment.policy.assurance.name),
            "epoch": .integer(Int64(clamping: (enrolment.current ?? enrolment.pending.first?.template)?.epoch ?? 0)),
            "state": .string(enrolment.state.rawValue),
            "created": .integer(enrolment.created),
            "retryAfterSeconds": lockOut(of: enrolment.key).map { .integer(Int64($0)) } ?? .null,
        ]
    }

    /// How long the subject must wait before a further try, in seconds; -1 for ever, nil not at all.
    private func lockOut(of key: EnrolmentKey) -> Int? {
        do {
            try vault.checkAttempt(key.subject, key.modality)
            return nil
        } catch {
            guard case .lockedOut(let seconds) = error else { return nil }
            return seconds ?? -1
        }
    }
}
