import Interfaces
import ServiceClients
import Varlink

/// Which fingers are enrolled, and that they no longer are.
extension FprintService {
    /// The fingers that have a name on the bus; what is enrolled under another label is not shown.
    func list(_ username: String, _ caller: BusCaller) async throws -> [String] {
        let subject = try caller.subject(username)
        let fingers = try await services.fingers(of: subject, caller)
        guard !fingers.isEmpty else { throw FprintError(.noEnrolledPrints, "\(subject) has no fingers enrolled") }
        return FingerName.all.filter { finger in fingers.contains { $0.name == finger } }.map(\.name)
    }

    /// Forgets a finger, or all that have a name on the bus.
    func delete(_ finger: FingerName?, of subject: String, _ caller: BusCaller) async throws {
        let fingers = try await services.fingers(of: subject, caller)
            .filter { finger == nil ? $0.name != nil : $0.name == finger }
        guard !fingers.isEmpty else { throw FprintError(.noEnrolledPrints, "no such finger is enrolled") }
        for finger in fingers {
            do {
                try await services.revoke(finger.label, of: subject, caller)
            } catch {
                let fault = FprintError(error)
                throw fault.kind == .permissionDenied ? fault : FprintError(.printsNotDeleted, fault.words)
            }
        }
    }
}
