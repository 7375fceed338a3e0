import Encoding
import Interfaces
import Statement
import Varlink
import Vault

/// Lifting a lock-out: the administrator's word.
extension Prover {
    /// Forgets the failed attempts of a subject, with one modality or with any. For root only: who could clear his own
    /// count could go on trying for ever.
    func unlock(_ subject: String, _ modality: Modality?, by request: Request) throws(ProverFailure) {
        guard request.peer == 0 else { throw .notAuthorized }
        do {
            for modality in modality.map({ [$0] }) ?? Modality.allCases { try vault.clearAttempts(subject, modality) }
        } catch {
            throw .storageFailure(hint: error.hint)
        }
        logger.notice("failed attempts forgotten", metadata: ["subject": "\(subject)"])
    }

    /// The method `Unlock`.
    @Sendable
    func unlock(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let subject = try call.parameters.string("subject")
        let name = try call.parameters.optionalString("modality")
        let modality = name.flatMap(Modality.init(name:))
        guard name == nil || modality != nil else { throw .invalidParameter("modality") }
        do {
            try unlock(subject, modality, by: Request(call))
        } catch {
            throw error.reply
        }
        return [:]
    }
}
