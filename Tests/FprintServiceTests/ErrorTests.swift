import Interfaces
import Testing
import Varlink

@testable import FprintService

/// What daemons answer, as clients on the bus are told it.
@Suite struct ErrorTests {
    private func kind(_ reply: VarlinkError) -> FprintError.Kind { FprintError(VarlinkClientError.reply(reply)).kind }

    @Test func everyErrorOfTheProver() {
        #expect(kind(ProverFailure.notAuthorized.reply) == .permissionDenied)
        #expect(kind(ProverFailure.notEnrolled.reply) == .noEnrolledPrints)
        #expect(kind(ProverFailure.alreadyEnrolled.reply) == .fingerAlreadyEnrolled)
        #expect(kind(ProverFailure.presenceRequired(reason: "x").reply) == .permissionDenied)
        #expect(kind(ProverFailure.passwordRequired(reason: "x").reply) == .permissionDenied)
        #expect(kind(ProverFailure.lockedOut(retryAfterSeconds: 3).reply) == .permissionDenied)
        #expect(kind(ProverFailure.busy.reply) == .internalFault)
        #expect(kind(ProverFailure.challengeRefused.reply) == .internalFault)
    }

    @Test func theReasonIsHandedOn() {
        let reply = ProverFailure.presenceRequired(reason: "the session is remote").reply
        #expect(FprintError(VarlinkClientError.reply(reply)).words == "the session is remote")
    }

    @Test func everyOther() {
        #expect(kind(VerifierError.notAuthorized.reply) == .permissionDenied)
        #expect(kind(VerifierError.notEnrolled.reply) == .noEnrolledPrints)
        #expect(kind(VerifierError.alreadyEnrolled.reply) == .fingerAlreadyEnrolled)
        #expect(kind(ProxyError.callerGone.reply) == .permissionDenied)
        #expect(kind(ProxyError.notAuthorized.reply) == .internalFault)
        #expect(kind(.permissionDenied) == .permissionDenied)
        #expect(FprintError(VarlinkClientError.cannotConnect("x")).kind == .internalFault)
        #expect(FprintError(VarlinkError.invalidParameter("proof")).kind == .internalFault)
    }

    @Test func howAScanEnds() {
        func fault(_ failure: ProverFailure) -> ScanFault { ScanFault(VarlinkClientError.reply(failure.reply)) }
        #expect(fault(.noMatch).verifyResult == "verify-no-match")
        #expect(fault(.sensorUnavailable(hint: "x")).verifyResult == "verify-disconnected")
        #expect(fault(.sensorUnavailable(hint: "x")).enrollResult == "enroll-disconnected")
        #expect(fault(.noMatch).enrollResult == "enroll-failed")
        #expect(ScanFault(VarlinkClientError.closed).verifyResult == "verify-unknown-error")
        // A verifier's refusal is no match of ours, and is not told as a finger that does not match.
        #expect(ScanFault(VarlinkClientError.reply(VerifierError.refused.reply)).verifyResult == "verify-unknown-error")
    }
}
