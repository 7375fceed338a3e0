import IntegerNetwork
import Interfaces
import SensorClient
import Statement

/// What sensors are asked for: one sample, of whichever enrolment somebody presents.
struct SensorQuestion: Sendable {
    /// One challenge, or a set.
    var challenges: [SignedChallenge]
    /// For each challenge the key of the sensor that the enrolment was made at: a verifier believes no other for it. Nil
    /// where none is on record.
    var pins: [[UInt8]?]
    var models: [EmbeddingModel]
    /// Which of a challenge's samples, from 0.
    var index: Int
    var timeout: Duration
}

/// Asks several sensors at the same time. The first whose sample is taken ends it for all: the calls to the others are
/// closed, with which they stop capturing. A sensor that is missing, busy or hung costs the others nothing.
struct SensorRace<Winner: Sendable>: Sendable {
    enum Outcome: Sendable {
        case won(Winner)
        /// There were samples, and none was taken.
        case unlike
        /// No sample came.
        case without([(sensor: ProverSensor, failure: SampleFailure)])
        case failed(ProverFailure)
    }

    /// What the person is told meanwhile.
    enum Notice: Sendable {
        /// These are looking now; the second time, because a sample of another one was not taken.
        case looking([SensorPrompt.Place], again: Bool)
        case advice(ProverSensor, String)
    }

    /// A sensor that is started by being asked may take so much longer.
    private static var startingTime: Duration { .seconds(20) }

    let sensors: [ProverSensor]
    var question: SensorQuestion
    let limits: SensorRaceLimits
    let tell: @Sendable (Notice) -> Void
    /// Judges a sample; nil: the others go on.
    let take: @Sendable (SensorLook) throws(ProverFailure) -> Winner?

    private enum Event: Sendable {
        case ready(ProverSensor, places: [Int])
        case captured(SensorLook)
        case failed(ProverSensor, SampleFailure)
        case unfit(ProverSensor)
        case foreign(ProverSensor)
        /// Who is not ready by now is not waited for with the first word to the person.
        case introduction
        case graceOver
    }

    private struct State {
        /// Sensors that have not said whether they fit.
        var preparing: Int
        var looking: [SensorPrompt.Place] = []
        var failures: [(sensor: ProverSensor, failure: SampleFailure)] = []
        var foreign: [ProverSensor] = []
        var isIntroduced = false
        var isLate = false
        var hasSeen = false
        /// Why a sample was not judged.
        var lockOut: ProverFailure?
    }

    func run() async -> Outcome {
        var state = State(preparing: sensors.count)
        let outcome = await race(&state)
        if let outcome { return outcome }
        if let lockOut = state.lockOut { return .failed(lockOut) }
        if state.hasSeen { return .unlike }
        let isNobodyElse = state.failures.isEmpty && !state.foreign.isEmpty
        guard isNobodyElse, !Task.isCancelled else { return .without(failures(state)) }
        // The sensor of the enrolment is none of those here: the verifier says what another one's word is worth.
        var race = self
        race.question.pins = question.pins.map { _ in nil }
        return await race.run()
    }

    /// - Returns: nil if no sensor is left that could give a sample.
    private func race(_ state: inout State) async -> Outcome? {
        await withTaskGroup(of: Event.self) { group in
            // The group waits for its tasks; cancelled, they end at once.
            defer { group.cancelAll() }
            for sensor in sensors { group.addTask { await prepare(sensor) } }
            if sensors.count > 1 { group.addTask { await Self.after(limits.introduction, .introduction) } }
            while state.preparing > 0 || !state.looking.isEmpty, let event = await group.next() {
                if let outcome = handle(event, &state, &group) { return outcome }
                introduce(&state)
            }
            return nil
        }
    }

    private func handle(_ event: Event, _ state: inout State, _ group: inout TaskGroup<Event>) -> Outcome? {
        switch event {
        case .ready(let sensor, let places):
            state.preparing -= 1
            state.looking.append(SensorPrompt.Place(sensor, places.map { question.challenges[$0].challenge }))
            // The prompt names them as the configuration does, whichever was ready first.
            state.looking.sort { position($0) < position($1) }
            group.addTask { await capture(sensor, places) }
        case .unfit: state.preparing -= 1
        case .foreign(let sensor):
            state.preparing -= 1
            state.foreign.append(sensor)
        case .failed(let sensor, let failure):
            // It failed before it looked, or while it did.
            let count = state.looking.count
            state.looking.removeAll { $0.name == sensor.name }
            if state.looking.count == count { state.preparing -= 1 }
            state.failures.append((sensor, failure))
        case .captured(let look): return judge(look, &state, &group)
        case .introduction: state.isLate = true
        case .graceOver: return .unlike
        }
        return nil
    }

    private func position(_ place: SensorPrompt.Place) -> Int {
        sensors.firstIndex { $0.name == place.name } ?? sensors.count
    }

    private func judge(_ look: SensorLook, _ state: inout State, _ group: inout TaskGroup<Event>) -> Outcome? {
        state.looking.removeAll { $0.name == look.sensor.name }
        do {
            if let winner = try take(look) { return .won(winner) }
        } catch .lockedOut(let seconds) {
            // Of this modality, by the sample of another sensor; what is left may still match.
            state.lockOut = .lockedOut(retryAfterSeconds: seconds)
            return nil
        } catch {
            return .failed(error)
        }
        if !state.hasSeen { group.addTask { await Self.after(limits.grace, .graceOver) } }
        state.hasSeen = true
        if !state.looking.isEmpty { tell(.looking(state.looking, again: true)) }
        return nil
    }

    /// Tells which sensors are looking, once: when all have said whether they fit, or the time for that is over.
    private func introduce(_ state: inout State) {
        guard sensors.count > 1, !state.isIntroduced, state.isLate || state.preparing == 0, !state.looking.isEmpty
        else {
            return
        }
        state.isIntroduced = true
        tell(.looking(state.looking, again: false))
    }

    private func failures(_ state: State) -> [(sensor: ProverSensor, failure: SampleFailure)] {
        state.failures + state.foreign.map { ($0, .unavailable(hint: "the enrolment was made at another sensor")) }
    }

    // MARK: One sensor

    /// Whether the sensor fits: it is where it should be, captures one of the modalities, and is the one that the enrolment
    /// was made at, which matters where there are several.
    private func prepare(_ sensor: ProverSensor) async -> Event {
        do throws(SampleFailure) {
            let info = try await sensor.source.info(within: question.timeout + Self.startingTime)
            if let fault = info.fault(at: sensor.seat) { throw fault }
            var places = question.challenges.indices.filter { place in
                info.modalities.contains(question.challenges[place].challenge.modality.name)
            }
            guard let first = places.first else { return .unfit(sensor) }
            if sensors.count > 1, places.contains(where: { question.pins[$0] != nil }) {
                let challenge = question.challenges[first].challenge
                let key = try await sensor.source.publicKey(
                    audience: challenge.audience,
                    verifierKey: challenge.verifierKey
                )
                places = places.filter { question.pins[$0] == nil || question.pins[$0] == key }
                guard !places.isEmpty else { return .foreign(sensor) }
            }
            return .ready(sensor, places: places)
        } catch {
            return .failed(sensor, error)
        }
    }

    private func capture(_ sensor: ProverSensor, _ places: [Int]) async -> Event {
        do throws(SampleFailure) {
            let captured = try await sensor.source.capture(
                places.map { question.challenges[$0] },
                models: question.models,
                index: question.index,
                timeout: question.timeout
            ) { tell(.advice(sensor, $0)) }
            let inAll = captured.filter { places.indices.contains($0.challenge) }.map { sample in
                CapturedSample(challenge: places[sample.challenge], samples: sample.samples)
            }
            guard !inAll.isEmpty else { throw .unavailable(hint: "the sensor gave no sample") }
            return .captured(SensorLook(sensor: sensor, captured: inAll))
        } catch {
            return .failed(sensor, error)
        }
    }

    private static func after(_ duration: Duration, _ event: Event) async -> Event {
        try? await Task.sleep(for: duration)
        return event
    }
}

/// How long sensors wait for one another.
struct SensorRaceLimits: Sendable {
    /// Sensors that say later than this that they fit are not named in the first word to the person.
    var introduction = Duration.milliseconds(250)
    /// So long others may still look after a sample that was not taken: whoever is seen by the camera before he has touched
    /// the reader gets to touch it, and whose finger was not recognised does not wait for a camera that sees nobody.
    var grace = Duration.seconds(5)
}
