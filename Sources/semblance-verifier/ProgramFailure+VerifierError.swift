import ServiceSupport
import VerifierCore

extension ProgramFailure {
    /// An error of the core in words for the terminal.
    init(_ error: VerifierError) {
        switch error {
        case .notEnrolled: self.init("no such enrolment")
        case .badRequest: self.init("not a valid subject, modality, label or lifetime")
        case .busy: self.init("the database is locked by another process; try again")
        case .storageFailure: self.init("the database failed; run semblance-verifier check")
        case .notAuthorized, .alreadyEnrolled, .nothingToUpgrade, .lockedOut, .refused: self.init("refused")
        }
    }
}
