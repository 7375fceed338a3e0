import Logging
import ServiceSupport
import Synchronization

/// `net.reactivated.Fprint`: devices that clients claim, and what they do for them. Who may do what prover and verifier say.
public actor FprintService {
    private let bus: MessageBus
    let services: PersonalServices
    private let logger: Logger
    /// Sensors by their numbers on the bus. One that went keeps its number.
    private var devices: [String] = []
    var claims: [Int: DeviceClaim] = [:]
    private var lastAction: UInt64 = 0
    /// Calls of each user that are not answered yet.
    private var pending: [UInt32: Int] = [:]

    /// Calls that this actor has not come to yet.
    private static let maximumWaiting = 64
    /// Calls of one user at a time, root's apart; and in all. Each takes connections to prover and verifier, of which this service
    /// has sixteen.
    private static let maximumPendingOfUser = 2
    private static let maximumPending = 6
    /// What ends something, asks nobody, and is never refused for want of room.
    private static let endings: Set<String> = ["Release", "VerifyStop", "EnrollStop"]

    /// - Parameters:
    ///   - prover: the path of semblanced's socket.
    ///   - verifier: the socket of the verifier on this machine, as it writes itself.
    public init(bus: MessageBus, prover: String, verifier: (path: String, origin: Origin), logger: Logger) {
        self.bus = bus
        self.services = PersonalServices(
            proverPath: prover,
            verifierPath: verifier.path,
            verifierOrigin: verifier.origin
        )
        self.logger = logger
    }

    /// Serves until the bus has gone.
    public func run(onServing: () -> Void) async throws {
        // The devices have to be there before anybody finds the service.
        _ = try? await readers(tries: 1)
        let (incoming, source) = AsyncThrowingStream<Incoming, any Error>.makeStream()
        let waiting = Mutex(0)
        let events = MessageBus.Events(
            called: { [bus] call, device, member, sender, argument in
                // Before anything is looked up or kept for it: each that waits holds a descriptor.
                let hasRoom = waiting.withLock { count in
                    guard count < Self.maximumWaiting else { return false }
                    count += 1
                    return true
                }
                guard hasRoom else {
                    call.answer(.error(FprintError(.alreadyInUse, "too many requests at a time")))
                    return
                }
                guard let caller = BusCaller(sender, on: bus) else {
                    waiting.withLock { $0 -= 1 }
                    call.answer(.error(FprintError(.permissionDenied, "it cannot be seen who asks")))
                    return
                }
                source.yield(.call(call, device, member, caller, argument))
            },
            left: { source.yield(.left(device: $0)) }
        )
        try bus.serve(events) { source.finish(throwing: $0) }
        onServing()
        for try await event in incoming {
            switch event {
            // Whoever left may have released the device before, and another have claimed it.
            case .left(let device): if let claim = claims[device], bus.caller(claim.caller.name) == nil { drop(device) }
            case .call(let call, let device, let member, let caller, let argument):
                waiting.withLock { $0 -= 1 }
                answer(call, device, member, caller, argument)
            }
        }
    }

    private enum Incoming: Sendable {
        case call(BusCall, _ device: Int?, _ member: String, BusCaller, _ argument: String)
        case left(device: Int)
    }

    // MARK: Calls

    private func answer(_ call: BusCall, _ device: Int?, _ member: String, _ caller: BusCaller, _ argument: String) {
        let isFull = pending.values.reduce(0, +) >= Self.maximumPending
        let isHeeded = caller.uid == 0 || !isFull && pending[caller.uid, default: 0] < Self.maximumPendingOfUser
        guard isHeeded || Self.endings.contains(member) else {
            call.answer(.error(FprintError(.alreadyInUse, "too many requests at a time")))
            return
        }
        pending[caller.uid, default: 0] += 1
        Task {
            do {
                if let device {
                    try await self.device(device, member, argument, caller, call)
                } else {
                    call.answer(try await self.manager(member))
                }
            } catch {
                let fault = FprintError(error)
                logger.info(
                    "refused",
                    metadata: ["method": "\(member)", "peer": "\(caller.uid)", "reason": "\(fault.words)"]
                )
                call.answer(.error(fault))
            }
            let left = pending[caller.uid, default: 1] - 1
            pending[caller.uid] = left > 0 ? left : nil
        }
    }

    private func manager(_ member: String) async throws -> BusCall.Answer {
        let devices = try await readers(tries: 3)
        guard member == "GetDefaultDevice" else { return .devices(devices) }
        guard let first = devices.first else { throw FprintError(.noSuchDevice, "there is no fingerprint sensor") }
        return .device(first)
    }

    /// The numbers of the sensors for fingers that there are now.
    private func readers(tries: Int) async throws -> [Int] {
        let names = try await services.readers(tries: tries)
        for name in names where !devices.contains(name) {
            guard let number = bus.addDevice(name), number == devices.count else { break }
            devices.append(name)
        }
        return names.compactMap { devices.firstIndex(of: $0) }
    }

    private func device(
        _ device: Int,
        _ member: String,
        _ argument: String,
        _ caller: BusCaller,
        _ call: BusCall
    ) async throws {
        switch member {
        case "ListEnrolledFingers": call.answer(.texts(try await list(argument, caller)))
        case "DeleteEnrolledFingers": try await delete(nil, of: caller.subject(argument), caller)
        case "DeleteEnrolledFingers2": try await delete(nil, of: claim(device, caller).subject, caller)
        case "DeleteEnrolledFinger":
            try await delete(Self.finger(argument), of: claim(device, caller).subject, caller)
        case "Claim": try await claim(device, for: caller.subject(argument), by: caller)
        case "Release":
            _ = try claim(device, caller)
            drop(device)
        case "VerifyStart": return try await startVerification(device, argument, caller, call)
        case "EnrollStart": return try startEnrolment(device, Self.finger(argument), caller, call)
        case "VerifyStop": try stop(.verify, device, caller)
        case "EnrollStop": try stop(.enrol, device, caller)
        default: throw FprintError(.internalFault, "there is no such method")
        }
        call.answer(.nothing)
    }

    private static func finger(_ name: String) throws(FprintError) -> FingerName {
        guard let finger = FingerName(name: name) else {
            throw FprintError(.invalidFingerName, "no finger is called so")
        }
        return finger
    }

    // MARK: Claims

    /// The caller's claim of the device.
    func claim(_ device: Int, _ caller: BusCaller) throws(FprintError) -> DeviceClaim {
        guard let claim = claims[device] else { throw FprintError(.claimDevice, "the device was not claimed") }
        guard claim.caller.name == caller.name else {
            throw FprintError(.alreadyInUse, "another program has claimed the device")
        }
        return claim
    }

    private func claim(_ device: Int, for subject: String, by caller: BusCaller) async throws {
        // Whoever is elsewhere must not keep the device from who is here.
        if caller.uid != 0 { try await services.checkPresence(of: subject, caller) }
        if let holder = claims[device], holder.caller.uid != 0, holder.caller.name != caller.name,
            await services.isAbsent(holder.subject, holder.caller),
            claims[device]?.caller.name == holder.caller.name
        {
            drop(device)
        }
        guard claims[device] == nil else { throw FprintError(.alreadyInUse, "the device is claimed already") }
        guard bus.watch(caller.name, for: device) else {
            throw FprintError(.permissionDenied, "the program that asks has left the bus")
        }
        claims[device] = DeviceClaim(caller, subject: subject)
        bus.set(device, enrolStages: Int32(PersonalServices.enrolStages), fingerNeeded: false)
    }

    /// Ends whatever the device does, for whoever had claimed it.
    private func drop(_ device: Int) {
        guard let claim = claims.removeValue(forKey: device) else { return }
        claim.action?.task?.cancel()
        _ = bus.watch(nil, for: device)
        bus.set(device, enrolStages: -1, fingerNeeded: false)
    }

    // MARK: Actions

    /// Begins an action, which nothing else must be in the way of.
    func begin(
        _ kind: DeviceAction.Kind,
        _ device: Int,
        _ caller: BusCaller,
        _ body: @escaping @Sendable (_ action: UInt64) async -> Void
    ) throws(FprintError) {
        guard try claim(device, caller).action == nil else {
            throw FprintError(.alreadyInUse, "the device is at work already")
        }
        lastAction += 1
        let number = lastAction
        claims[device]?.action = DeviceAction(kind: kind, number: number, task: Task { await body(number) })
    }

    private func stop(_ kind: DeviceAction.Kind, _ device: Int, _ caller: BusCaller) throws(FprintError) {
        guard let action = try claim(device, caller).action, action.kind == kind else {
            throw FprintError(.noActionInProgress, "nothing of the kind is going on")
        }
        claims[device]?.action = nil
        action.task?.cancel()
        needFinger(false, device)
    }

    /// Tells the client, unless he has stopped the action.
    func tell(_ result: String, isDone: Bool, _ action: UInt64, _ device: Int) {
        guard let claim = claims[device], let current = claim.action, current.number == action else { return }
        bus.signal(current.kind.signal, result, isDone: isDone, of: device, to: claim.caller.name)
        if isDone { needFinger(false, device) }
    }

    /// A verification or an enrolment could not begin.
    func abandon(_ action: UInt64, _ device: Int) {
        guard claims[device]?.action?.number == action else { return }
        claims[device]?.action = nil
    }

    /// The capture has begun: the client's call is answered, and which finger it is about is told.
    nonisolated func began(_ call: BusCall, _ finger: String?, _ caller: BusCaller, _ device: Int) {
        guard call.answer(.nothing) else { return }
        if let finger { bus.signal("VerifyFingerSelected", finger, of: device, to: caller.name) }
        needFinger(true, device)
    }

    nonisolated private func needFinger(_ isNeeded: Bool, _ device: Int) {
        bus.set(device, enrolStages: Int32(PersonalServices.enrolStages), fingerNeeded: isNeeded)
    }
}
