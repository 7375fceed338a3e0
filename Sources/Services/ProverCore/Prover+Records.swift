import Encoding
import Interfaces
import Logging
import Sodium
import Statement
import Varlink
import Vault

/// What is on record: receipts that put templates in force, lists, and forgetting.
extension Prover {
    /// Puts a pending template in force on the verifier's signed receipt. Repeating it is harmless.
    func commit(_ bytes: [UInt8], by request: Request) throws(ProverFailure) {
        guard let signed = try? SignedReceipt(decoding: bytes) else { throw .challengeRefused }
        let receipt = signed.receipt
        let uid = try authorise(receipt.subject, request)
        let key = EnrolmentKey(receipt)
        guard let enrolment = try storing({ () throws(VaultError) in try vault.enrolment(key) }) else {
            throw .notEnrolled
        }
        guard let verifierKey = VerifyingKey(enrolment.policy.verifierKey), signed.isSigned(by: verifierKey),
            enrolment.uid == uid
        else { throw refusal(.receipt, receipt.audience, request) }
        let template = Enrolment.Template(commitment: receipt.template, epoch: receipt.epoch)
        guard receipt.model == enrolment.policy(of: template).model else {
            throw refusal(.receipt, receipt.audience, request)
        }
        if enrolment.current == template { return }
        guard enrolment.isPending(template), receipt.role != .enrol || receipt.epoch == 0 else {
            throw refusal(.receipt, receipt.audience, request)
        }
        try storing { () throws(VaultError) in
            try vault.commit(key, template)
            // An enrolment by root is the way out of a lock-out; one by the subject would let anybody at his session out.
            if receipt.role == .enrol, request.isRootsWord { try vault.clearAttempts(key.subject, key.modality) }
        }
        logger.notice(
            "template committed",
            metadata: ["uid": "\(uid)", "audience": "\(receipt.audience)", "role": "\(receipt.role.name)"]
        )
    }

    /// Forgets an enrolment.
    func revoke(_ key: EnrolmentKey, by request: Request) throws(ProverFailure) {
        _ = try authorise(key.subject, request, mayBeGone: true)
        try authoriseChange(request)
        try storing { () throws(VaultError) in try vault.revoke(key) }
        logger.notice(
            "enrolment revoked",
            metadata: ["peer": "\(request.peer)", "audience": "\(key.audience)", "modality": "\(key.modality.name)"]
        )
    }

    /// The enrolments that the caller may see.
    func list(_ subject: String?, by request: Request) throws(ProverFailure) -> [Enrolment] {
        guard let subject else {
            return try storing { () throws(VaultError) in
                try vault.enrolments(of: request.peer == 0 ? nil : request.peer)
            }
        }
        let uid = try authorise(subject, request, mayBeGone: true)
        return try storing { () throws(VaultError) in
            try vault.enrolments().filter { $0.key.subject == subject && (request.peer == 0 || $0.uid == uid) }
        }
    }
}

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
