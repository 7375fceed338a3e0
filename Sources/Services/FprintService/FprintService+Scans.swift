import Interfaces
import ServiceClients
import Synchronization
import Varlink

/// Verifications and enrolments: a call that is answered as soon as the sensor looks, and signals from then on.
extension FprintService {
    func startVerification(_ device: Int, _ name: String, _ caller: BusCaller, _ call: BusCall) async throws {
        let subject = try claim(device, caller).subject
        let wanted = name == "any" || name.isEmpty ? nil : FingerName(name: name)
        guard wanted != nil || name == "any" || name.isEmpty else {
            throw FprintError(.invalidFingerName, "no finger is called so")
        }
        let fingers = try await services.fingers(of: subject, caller).filter { wanted == nil || $0.name == wanted }
        guard let first = fingers.first else {
            throw FprintError(.noEnrolledPrints, "\(subject) has no such finger enrolled")
        }
        let selected = fingers.count == 1 ? first.name?.name ?? "any" : "any"
        let label = wanted == nil ? nil : first.label
        try begin(.verify, device, caller) { [self] action in
            await verify(subject, label: label, caller, action, device) {
                self.began(call, selected, caller, device)
            } refused: {
                call.answer(.error($0))
            }
        }
    }

    /// Captures until one is judged, the client stops it, or something is wrong.
    ///
    /// - Parameter refused: answers the call where nothing began; whether it was unanswered.
    private func verify(
        _ subject: String,
        label: String?,
        _ caller: BusCaller,
        _ action: UInt64,
        _ device: Int,
        began: @escaping @Sendable () -> Void,
        refused: @Sendable (FprintError) -> Bool
    ) async {
        while !Task.isCancelled {
            let reports = Mutex(0)
            do {
                let services = services
                try await services.verify(subject, label: label, caller) { stage, _, _ in
                    if stage == "capture" { reports.withLock { $0 += 1 } }
                    began()
                }
                return tell("verify-match", isDone: true, action, device)
            } catch {
                switch ScanFault(error) {
                case .noSample:
                    // The first report asks for the finger; where more came there was one, and they said what was wrong with it.
                    if reports.withLock({ $0 }) > 1 { tell("verify-retry-scan", isDone: false, action, device) }
                case .busy: break
                case let fault:
                    if refused(FprintError(error)) { return abandon(action, device) }
                    return tell(fault.verifyResult, isDone: true, action, device)
                }
            }
            try? await Task.sleep(for: .seconds(1))
        }
        _ = refused(FprintError(.internalFault, "it was stopped"))
    }

    func startEnrolment(_ device: Int, _ finger: FingerName, _ caller: BusCaller, _ call: BusCall) throws {
        let subject = try claim(device, caller).subject
        try begin(.enrol, device, caller) { [self] action in
            await enrol(subject, finger, caller, action, device) {
                self.began(call, nil, caller, device)
            } refused: {
                call.answer(.error($0))
            }
        }
    }

    private func enrol(
        _ subject: String,
        _ finger: FingerName,
        _ caller: BusCaller,
        _ action: UInt64,
        _ device: Int,
        began: @escaping @Sendable () -> Void,
        refused: @Sendable (FprintError) -> Bool
    ) async {
        // In order, as the prover reports them.
        let (results, source) = AsyncStream<String>.makeStream()
        let telling = Task { for await result in results { tell(result, isDone: false, action, device) } }
        let stages = Mutex(EnrolmentStages(count: PersonalServices.enrolStages))
        var fault: (any Error)?
        do {
            let services = services
            try await services.enrol(subject, finger, caller) { stage, _, fraction in
                began()
                for result in stages.withLock({ $0.results(stage: stage, fraction: fraction) }) { source.yield(result) }
            }
        } catch {
            fault = error
        }
        source.finish()
        await telling.value
        guard let fault else { return tell("enroll-completed", isDone: true, action, device) }
        if refused(FprintError(fault)) { return abandon(action, device) }
        tell(ScanFault(fault).enrollResult, isDone: true, action, device)
    }
}
