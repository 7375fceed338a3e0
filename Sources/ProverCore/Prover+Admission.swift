import Logging
import MatchProof
import Presence
import ServiceSupport

/// What comes between an acceptable challenge and the sensor: is somebody here, does he mean it, is it his turn?
extension Prover {
    /// Somebody is in front of these sensors.
    private struct Presence {
        let sensors: [ProverSensor]
        /// The user who is answerable for the request.
        let user: UInt32
    }

    /// Runs `body` with the sensors at its disposal that the caller is in front of. There is one place for all sensors: the
    /// person in front of them is one, and who waits for the reader does not want the camera to take somebody else for it.
    ///
    /// - Parameters:
    ///   - challenges: one, or a set.
    ///   - uid: the subject's.
    ///   - origin: where the caller contacted the verifier. The person is asked first if it is not on this machine; a
    ///     challenge for another place than it says was refused before.
    ///   - body: also returns the sensor whose sample it used.
    func withCapture<Result>(
        _ challenges: [SignedChallenge],
        of uid: UInt32,
        at origin: Origin,
        _ request: Request,
        _ body: ([ProverSensor]) async throws(ProverFailure) -> (Result, ProverSensor)
    ) async throws(ProverFailure) -> Result {
        let here = try checkPresence(of: uid, at: sensors, request)
        try checkBudget(of: uid, request)
        if origin.isRemote || request.confirm {
            let question = ConsentQuestion(challenges.map(\.challenge), origin: origin, caller: request.caller)
            try await obtain(question, from: uid, at: here.sensors, request)
        }
        try await queue.enter(here.user) {
            request.report("queue", "waiting for the sensor: another login is in progress", 0)
        }
        var hasSample = true
        defer { queue.leave(withSample: hasSample) }
        // The question and the queue took their time.
        try checkIsCurrent(challenges[0], request)
        let stillHere = try checkPresence(of: uid, at: here.sensors, request)
        try checkBudget(of: uid, request)
        do {
            let (result, sensor) = try await body(stillHere.sensors)
            // Who sat there at the beginning may not be who was captured.
            _ = try checkPresence(of: uid, at: [sensor], request)
            budget.take(for: uid)
            return result
        } catch {
            switch error {
            case .poorSample, .busy: hasSample = false
            default: break
            }
            throw error
        }
    }

    /// The sensors at whose seats somebody is; each seat is looked at once.
    private func checkPresence(
        of uid: UInt32,
        at sensors: [ProverSensor],
        _ request: Request
    ) throws(ProverFailure) -> Presence {
        var (users, refusals): ([String: UInt32], [String: PresenceRefusal]) = ([:], [:])
        for seat in sensors.map(\.seat) where users[seat] == nil && refusals[seat] == nil {
            do {
                users[seat] = try presence.check(request.caller, uid, at: seat)
            } catch {
                refusals[seat] = error
            }
        }
        let here = sensors.filter { users[$0.seat] != nil }
        if let first = here.first, let user = users[first.seat] { return Presence(sensors: here, user: user) }
        let reason = sensors.first.flatMap { refusals[$0.seat] }?.reason ?? "there is no sensor"
        logger.info(
            "nobody is taken to be here",
            metadata: [
                "peer": "\(request.peer)", "pid": "\(request.caller.pid)", "uid": "\(uid)", "reason": "\(reason)",
            ]
        )
        throw .presenceRequired(reason: reason)
    }

    private func checkBudget(of uid: UInt32, _ request: Request) throws(ProverFailure) {
        guard let seconds = budget.delay(for: uid) else { return }
        logger.info("too many proofs", metadata: ["peer": "\(request.peer)", "uid": "\(uid)"])
        throw .tooManyProofs(retryAfterSeconds: seconds)
    }

    private func obtain(
        _ question: ConsentQuestion,
        from uid: UInt32,
        at sensors: [ProverSensor],
        _ request: Request
    ) async throws(ProverFailure) {
        request.report("consent", "waiting for your consent", 0)
        let answer = await desk.ask(question, subject: uid, asker: request.caller.uid) { agent in
            (try? presence.admits(agent, at: sensors.map(\.seat))) != nil
        }
        logger.info(
            "consent",
            metadata: [
                "peer": "\(request.peer)", "audience": "\(question.audience)", "origin": "\(question.origin)",
                "answer": "\(answer.map { "\($0)" } ?? "too many questions")",
            ]
        )
        switch answer {
        case .allowed?: return
        case .refused?: throw .consentRefused
        case .unattended?: throw .consentRequired
        case .cancelled?: throw .poorSample(hint: "cancelled")
        case nil: throw .busy
        }
    }
}
