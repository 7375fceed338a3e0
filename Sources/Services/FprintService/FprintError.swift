import Interfaces
import Varlink

/// What a client of `net.reactivated.Fprint` is told: an error's name on the bus, and why in words.
struct FprintError: Error, Equatable, CustomStringConvertible {
    enum Kind: String, Sendable {
        case claimDevice = "ClaimDevice"
        case alreadyInUse = "AlreadyInUse"
        case internalFault = "Internal"
        case permissionDenied = "PermissionDenied"
        case noEnrolledPrints = "NoEnrolledPrints"
        case noActionInProgress = "NoActionInProgress"
        case invalidFingerName = "InvalidFingername"
        case fingerAlreadyEnrolled = "FingerAlreadyEnrolled"
        case noSuchDevice = "NoSuchDevice"
        case printsNotDeleted = "PrintsNotDeleted"
    }

    let kind: Kind
    let words: String

    init(_ kind: Kind, _ words: String) {
        self.kind = kind
        self.words = words
    }

    var description: String { words }

    var name: String { "net.reactivated.Fprint.Error.\(kind.rawValue)" }

    /// What a daemon of Semblance could not do, or would not.
    init(_ error: any Error) {
        switch error {
        case let error as FprintError: self = error
        case let error as VarlinkClientError: self.init(error)
        default: self.init(.internalFault, "a daemon gave an answer that makes no sense")
        }
    }

    private init(_ error: VarlinkClientError) {
        guard case .reply(let reply) = error else {
            self.init(.internalFault, "\(error)")
            return
        }
        if let failure = ProverFailure(reply) {
            self.init(failure)
        } else if let failure = VerifierError(reply) {
            self.init(failure)
        } else if reply == ProxyError.notAuthorized.reply {
            self.init(.internalFault, "semblance-fprintd is not configured as \"proxyUser\"")
        } else if reply == ProxyError.callerGone.reply {
            self.init(.permissionDenied, "the process that asks has ended")
        } else if reply == .permissionDenied {
            self.init(
                .permissionDenied,
                "not for root by this service; see \"semblance enroll\" and \"semblance revoke\""
            )
        } else {
            self.init(.internalFault, "\(reply)")
        }
    }

    private init(_ failure: ProverFailure) {
        switch failure {
        case .notAuthorized: self.init(.permissionDenied, Self.notAuthorized)
        case .notEnrolled: self.init(.noEnrolledPrints, "no such finger is enrolled")
        case .alreadyEnrolled: self.init(.fingerAlreadyEnrolled, "this finger is enrolled already")
        case .presenceRequired(let reason): self.init(.permissionDenied, reason)
        case .passwordRequired(let reason): self.init(.permissionDenied, "the password comes first: \(reason)")
        case .lockedOut: self.init(.permissionDenied, "too many failed tries")
        case .sensorUnavailable(let hint), .poorSample(let hint), .storageFailure(let hint):
            self.init(.internalFault, hint)
        default: self.init(.internalFault, "\(failure)")
        }
    }

    private init(_ error: VerifierError) {
        switch error {
        case .notAuthorized: self.init(.permissionDenied, Self.notAuthorized)
        case .notEnrolled: self.init(.noEnrolledPrints, "no such finger is enrolled")
        case .alreadyEnrolled: self.init(.fingerAlreadyEnrolled, "this finger is enrolled already, or no more may be")
        case .lockedOut: self.init(.permissionDenied, "too many failed tries")
        default: self.init(.internalFault, "\(error)")
        }
    }

    private static let notAuthorized = "not allowed; whoever enrols himself needs \"selfEnrol\" at prover and verifier"
}
