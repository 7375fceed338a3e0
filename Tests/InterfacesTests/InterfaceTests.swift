import Testing
import Varlink

@testable import Interfaces
@testable import Statement

@Suite("interfaces")
struct InterfaceTests {
    @Test("the interfaces parse and declare what the programs rely on")
    func builtIn() {
        #expect(
            Set(VarlinkInterface.prover.methods.keys)
                == [
                    "Status", "List", "DeviceKey", "Prove", "Enroll", "Rotate", "Commit", "Revoke", "Unlock", "MayAsk",
                    "Declined", "Answered", "PasswordEntered",
                ]
        )
        #expect(
            Set(VarlinkInterface.prover.errors.keys)
                == [
                    "NotAuthorized", "NotEnrolled", "AlreadyEnrolled", "ChallengeRefused", "NoMatch", "LockedOut",
                    "SensorUnavailable", "PoorSample", "Busy", "StorageFailure", "ChallengeMismatch",
                    "VerifierKeyChanged",
                    "PresenceRequired", "PasswordRequired", "ConsentRequired", "ConsentRefused", "TooManyProofs",
                ]
        )
        #expect(Set(VarlinkInterface.agent.methods.keys) == ["Attend", "Answer"])
        #expect(Set(VarlinkInterface.agent.errors.keys) == ["NotFound", "TooManyAgents", "PresenceRequired"])
        #expect(Set(VarlinkInterface.sensor.methods.keys) == ["GetInfo", "PublicKey", "Capture"])
        #expect(
            Set(VarlinkInterface.verifier.methods.keys)
                == [
                    "GetIdentity", "Challenge", "EnrolChallenge", "Register", "RotateChallenge", "Rotate", "Verify",
                    "Revoke", "List", "Unlock",
                ]
        )
        #expect(VarlinkInterface.sensor.methods["Capture"]?.output.last?.type == .optional(.array(.named("Sample"))))
    }
}
