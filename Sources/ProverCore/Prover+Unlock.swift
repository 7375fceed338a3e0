import MatchProof
import Varlink
import Vault

/// Lifting a lock-out: the administrator's word.
extension Prover {
    /// `Unlock`: forgets the failed attempts of a subject. For root only: who could clear his own count could go on
    /// trying for ever.
    @Sendable
    func unlock(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let subject = try call.parameters.string("subject")
        var modalities = Modality.allCases
        if let name = try call.parameters.optionalString("modality") {
            guard let modality = Modality(name: name) else { throw .invalidParameter("modality") }
            modalities = [modality]
        }
        guard call.peer.uid == 0 else { throw ProverFailure.notAuthorized.reply }
        do {
            for modality in modalities { try vault.clearAttempts(subject, modality) }
        } catch {
            throw ProverFailure.storageFailure(hint: error.hint).reply
        }
        logger.notice("attempts forgotten", metadata: ["subject": "\(subject)"])
        return [:]
    }
}
