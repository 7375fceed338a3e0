import Interfaces
import Logging
import Presence
import ServiceSupport
import Statement
import Varlink

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
        try checkPassword(before: challenges[0].challenge, request)
        try checkBudget(of: uid, request)
        if origin.isRemote || request.confirm {
            let question = ConsentQuestion(challenges.map(\.challenge), origin: origin, request)
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
        try checkPassword(before: challenges[0].challenge, request)
        try checkBudget(of: uid, request)
        do {
            let (result, sensor) = try await body(stillHere.sensors)
            // Who sat there at the beginning may not be who was captured.
            _ = try checkPresence(of: uid, at: [sensor], request)
            budget.take(for: uid)
            if request.isRootsWord, !origin.isRemote {
                // Whoever asked him, he has meant it.
                refusals.allowed(matter(uid, challenges[0].challenge.purpose, request))
            }
            return result
        } catch {
            switch error {
            case .poorSample, .busy: hasSample = false
            default: break
            }
            throw error
        }
    }

    // MARK: Questions of the callers' own

    /// Whether the caller, a program that asks the person by itself, may do so now. A question of root's counts as refused from
    /// here on, until the same process says what became of it.
    func checkQuestion(_ subject: String, _ service: String, by request: Request) throws(ProverFailure) {
        let uid = try authorise(subject, request)
        _ = try checkPresence(of: uid, at: sensors, request)
        try checkPassword(subject, request)
        try checkBudget(of: uid, request)
        let matter = matter(uid, service, request)
        guard request.peer == 0 else {
            return try checkRefusals(refusals.delayAtTerminal(for: matter), subject, request)
        }
        try checkRefusals(refusals.put(matter, by: request.caller.pid, atTerminal: true), subject, request)
    }

    /// The person said no to the caller, or nothing. Root's word only: nobody else's questions are of root's services.
    func noteRefusal(_ subject: String, _ service: String, by request: Request) throws(ProverFailure) {
        guard request.peer == 0 else { throw .notAuthorized }
        let uid = try authorise(subject, request)
        _ = try checkPresence(of: uid, at: sensors, request)
        refusals.refused(matter(uid, service, request), by: request.caller.pid)
    }

    /// The person answered the caller otherwise, with a password or a yes. Root's word only.
    func noteAnswer(_ subject: String, _ service: String, by request: Request) throws(ProverFailure) {
        guard request.peer == 0 else { throw .notAuthorized }
        let uid = try authorise(subject, request)
        refusals.withdraw(matter(uid, service, request), by: request.caller.pid)
    }

    private func matter(_ uid: UInt32, _ service: String, _ request: Request) -> RefusalBackoff.Matter {
        .init(subject: uid, service: service, user: request.asker)
    }

    // MARK: Rules

    private func checkRefusals(_ seconds: Int?, _ subject: String, _ request: Request) throws(ProverFailure) {
        guard let seconds else { return }
        logger.info("not asked again yet", metadata: ["peer": "\(request.peer)", "subject": "\(subject)"])
        throw .consentRefused(retryAfterSeconds: seconds)
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
        // Who attends as his own agent could say yes himself: his questions go to the terminal that he stands at, and to no
        // other agent, to whose person they would be as free.
        let isHeeded = !desk.isAttended(by: request.caller)
        let matter = RefusalBackoff.Matter(question, subject: uid, request)
        let caller = request.caller
        if isHeeded {
            try checkRefusals(refusals.put(matter, by: caller.pid, atTerminal: false), question.subject, request)
        }
        request.report("consent", "waiting for your consent", 0)
        let answer = await desk.ask(question, subject: uid, asker: request.asker ?? caller.uid) { agent in
            guard isHeeded || (agent.uid == caller.uid && agent.pid == caller.pid) else { return false }
            return (try? presence.admits(agent, at: sensors.map(\.seat))) != nil
        }
        if isHeeded { heed(answer, matter, caller.pid) }
        logger.info(
            "consent",
            metadata: [
                "peer": "\(request.peer)", "audience": "\(question.audience)", "origin": "\(question.origin)",
                "answer": "\(answer.map { "\($0)" } ?? "too many questions")",
            ]
        )
        switch answer {
        case .allowed?: return
        case .refused?: throw .consentRefused(retryAfterSeconds: nil)
        case .unattended?: throw .consentRequired
        case .cancelled?: throw .poorSample(hint: "cancelled")
        case nil: throw .busy
        }
    }

    /// A question that was withdrawn was shown as well.
    private func heed(_ answer: ConsentDesk.Answer?, _ matter: RefusalBackoff.Matter, _ pid: Int32) {
        switch answer {
        case .allowed?: refusals.allowed(matter)
        case .refused?, .cancelled?: refusals.refused(matter, by: pid)
        case .unattended?, nil: refusals.withdraw(matter, by: pid)
        }
    }
}

/// Who counts as being in front of a sensor: each is at a seat, and the rule is about that seat.
public struct SeatPresence: Sendable {
    private let policy: @Sendable (_ seat: String) -> PresencePolicy

    /// - Parameter policy: the rule at a seat; `seat` is the sensor's, such as `seat0`.
    public init(_ policy: @escaping @Sendable (_ seat: String) -> PresencePolicy) {
        self.policy = policy
    }

    /// The same rule at every seat.
    public init(everywhere policy: PresencePolicy) {
        self.init { _ in policy }
    }

    /// The user who is answerable for the request; see `PresencePolicy`.
    func check(
        _ caller: PeerCredentials,
        _ subject: UInt32,
        at seat: String
    ) throws(PresenceRefusal) -> UInt32 {
        try policy(seat).check(caller, subject)
    }

    /// Whether a caller is himself at one of the seats; throws why he is not at the first.
    func admits(_ caller: PeerCredentials, at seats: [String]) throws(PresenceRefusal) {
        var (seen, refusal): (Set<String>, PresenceRefusal?) = ([], nil)
        for seat in seats where seen.insert(seat).inserted {
            do {
                _ = try check(caller, caller.uid, at: seat)
                return
            } catch {
                refusal = refusal ?? error
            }
        }
        throw refusal ?? .otherSeat
    }
}
