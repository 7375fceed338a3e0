import IntegerNetwork
import Interfaces
import Logging
import MatchProof
import SensorClient
import Sodium
import Statement

/// Samples: which sensors are asked, what the person is told meanwhile, and why there are none.
extension Prover {
    /// The challenge's samples under each of its models: one list, or the two of an upgrade. All are of one sensor, the one
    /// that gave the first: one key must have signed them.
    ///
    /// - Parameter pin: see ``SensorQuestion/pins``.
    func samples(
        _ signed: SignedChallenge,
        at sensors: [ProverSensor],
        pin: [UInt8]? = nil,
        _ request: Request
    ) async throws(ProverFailure) -> (samples: [[CommittedSample]], sensor: ProverSensor) {
        let challenge = signed.challenge
        var samples = challenge.parts.map { _ in [CommittedSample]() }
        var sensors = sensors
        let presented = PresentedWords.list([challenge])
        for index in 0..<challenge.samples {
            let fraction = Double(index) / Double(challenge.samples)
            let which = challenge.samples == 1 ? "" : " (\(index + 1) of \(challenge.samples))"
            let what = challenge.role == .upgrade ? "\(challenge.purpose) to another model" : challenge.purpose
            request.report("capture", "\(challenge.audience) asks for \(presented) for \(what)\(which)", fraction)
            let (capture, sensor) = try await sample(
                signed,
                at: sensors,
                pin: pin,
                index: index,
                fraction: fraction,
                request
            )
            for (part, sample) in zip(samples.indices, capture) { samples[part].append(sample) }
            sensors = [sensor]
        }
        guard let sensor = sensors.first else { throw .challengeRefused }
        return (samples, sensor)
    }

    /// One of the challenge's samples, under each of its models, by the first sensor that gives one.
    func sample(
        _ signed: SignedChallenge,
        at sensors: [ProverSensor],
        pin: [UInt8]? = nil,
        index: Int,
        fraction: Double,
        _ request: Request
    ) async throws(ProverFailure) -> (samples: [CommittedSample], sensor: ProverSensor) {
        let look = try await look(at: sensors, [signed], pins: [pin], index: index, fraction: fraction, request) { $0 }
        guard let captured = look.captured.first else { throw .sensorUnavailable(hint: "the sensor gave no sample") }
        return (captured.samples, look.sensor)
    }

    /// One capture, for whichever of the challenges somebody presents, at all sensors that fit at the same time.
    ///
    /// - Parameters:
    ///   - pins: for each challenge, see ``SensorQuestion/pins``.
    ///   - take: judges what a sensor gave; nil: it is not it, and the others go on.
    /// - Throws: `noMatch` where there were samples and none was taken.
    func look<Winner: Sendable>(
        at sensors: [ProverSensor],
        _ challenges: [SignedChallenge],
        pins: [[UInt8]?],
        index: Int,
        fraction: Double,
        _ request: Request,
        take: @escaping @Sendable (SensorLook) throws(ProverFailure) -> Winner?
    ) async throws(ProverFailure) -> Winner {
        var models: [EmbeddingModel] = []
        for signed in challenges { models += try self.models(signed.challenge) }
        let isAlone = self.sensors.count == 1
        let race = SensorRace(
            sensors: sensors,
            question: SensorQuestion(
                challenges: challenges,
                pins: pins,
                models: models,
                index: index,
                timeout: settings.captureTimeout
            ),
            limits: settings.race,
            tell: { notice in
                switch notice {
                case .advice(let sensor, let text):
                    request.report("capture", isAlone ? text : "\(sensor.name): \(text)", fraction)
                case .looking(let places, let again):
                    request.report("capture", (again ? "no match; " : "") + SensorPrompt.words(places), fraction)
                }
            },
            take: take
        )
        let (outcome, gaveWay) = await queue.interruptible { await race.run() }
        switch outcome {
        case .won(let winner): return winner
        case .failed(let failure): throw failure
        case .unlike: throw .noMatch
        case .without(let failures):
            if gaveWay, failures.contains(where: { $0.failure == .cancelled }) { throw .busy }
            throw failure(failures, request)
        }
    }

    /// The models whose runs are proved, one for each part; none at `match`, where the sensor vouches for them.
    func models(_ challenge: Challenge) throws(ProverFailure) -> [EmbeddingModel] {
        guard challenge.assurance != .match else { return [] }
        var models: [EmbeddingModel] = []
        for part in challenge.parts {
            let named = challenge.statement(of: part).model
            guard let model = settings.models.first(where: { $0.identity == named }) else {
                let identity = Hexadecimal.encode(named)
                logger.error("a challenge names a model that is not configured", metadata: ["model": "\(identity)"])
                throw .sensorUnavailable(hint: "semblanced has no model \(identity.prefix(16)); see its option --model")
            }
            models.append(model)
        }
        return models
    }

    // MARK: No sample

    /// One reason for all sensors: what the person can change goes before what only others can.
    private func failure(
        _ failures: [(sensor: ProverSensor, failure: SampleFailure)],
        _ request: Request
    ) -> ProverFailure {
        for case (let sensor, .unavailable(let hint)) in failures {
            logger.error("a sensor is not available", metadata: ["sensor": "\(sensor.name)", "hint": "\(hint)"])
        }
        guard !failures.isEmpty else { return .sensorUnavailable(hint: "the sensor does not capture this modality") }
        if failures.contains(where: { $0.failure == .cancelled }) { return .poorSample(hint: "cancelled") }
        let advice = words(failures) { if case .poorSample(let advice) = $0 { advice } else { nil } }
        if let advice { return .poorSample(hint: advice) }
        if failures.contains(where: { $0.failure == .busy }) { return .busy }
        return .sensorUnavailable(hint: words(failures) { $0.description } ?? "")
    }

    /// What the sensors say, each by its name where there are several; nil where none says anything.
    private func words(
        _ failures: [(sensor: ProverSensor, failure: SampleFailure)],
        _ text: (SampleFailure) -> String?
    ) -> String? {
        let said = failures.compactMap { entry in
            text(entry.failure).map { sensors.count == 1 ? $0 : "\(entry.sensor.name): \($0)" }
        }
        return said.isEmpty ? nil : said.joined(separator: "; ")
    }
}
