import ServiceSupport
import Testing
import Varlink

@testable import Encoding
@testable import Interfaces

@Suite("what was expected")
struct ChallengeExpectationTests {
    @Test("as the interface declares it, and back; all members, and only those that must be there")
    func roundTrip() throws {
        let origin = try #require(Origin("https://login.example:8443"))
        var expected = ChallengeExpectation(origin: origin, role: "enrol", subject: "a", purpose: "p", samples: 3)
        for isFull in [false, true] {
            if isFull {
                (expected.modality, expected.label) = ("face", "left")
                (expected.assurance, expected.audience) = ("full", "login.example")
                expected.verifierKey = [UInt8](repeating: 7, count: 32)
            }
            #expect(try ChallengeExpectation(Parameters(["expected": expected.json])) == expected)
            let input = try #require(VarlinkInterface.prover.methods["Enroll"]).input
            #expect(
                VarlinkInterface.prover.mismatch(of: ["challenge": "", "expected": expected.json], with: input) == nil
            )
        }
    }

    @Test("refusals: no expectation, no canonical origin, a key of another length")
    func refusals() throws {
        let origin = try #require(Origin("https://login.example"))
        let good = ChallengeExpectation(origin: origin, role: "enrol", subject: "a", purpose: "p", samples: 3).json
        guard case .object(let members) = good else { throw VarlinkError.invalidParameter("expected") }
        func refusal(_ name: String, _ value: JSON?) -> VarlinkError? {
            var members = members
            members[name] = value
            do {
                _ = try ChallengeExpectation(Parameters(["expected": .object(members)]))
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal("label", .null) == nil)
        #expect(refusal("origin", "HTTPS://login.example") == .invalidParameter("expected.origin"))
        #expect(refusal("verifierKey", "AAAA") == .invalidParameter("expected.verifierKey"))
        for name in ["origin", "role", "subject", "purpose", "samples"] {
            #expect(refusal(name, nil) != nil, "\(name)")
        }
        #expect(throws: VarlinkError.invalidParameter("expected")) { try ChallengeExpectation(Parameters([:])) }
    }
}
