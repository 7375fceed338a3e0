import Foundation
import ServiceSupport
import Sodium
import Testing
import Varlink

@testable import Encoding
@testable import Interfaces

@Suite("errors of the interfaces")
struct InterfaceErrorTests {
    /// A value of each declared error's parameters: keys and places in their forms, any text and number otherwise.
    private static func sample(_ fields: [VarlinkType.Field]) throws -> [String: JSON] {
        var values: [String: JSON] = [:]
        for field in fields {
            values[field.name] =
                switch (field.name, field.type) {
                case ("origin", .string): "https://login.example"
                case ("pinned", .string), ("offered", .string): .string(String(repeating: "0f", count: 32))
                case (_, .string): .string("some \(field.name)")
                case (_, .int), (_, .optional(.int)): 7
                default: try #require(nil as JSON?, "\(field.name)")
                }
        }
        return values
    }

    /// What the description declares is exactly what the enum knows, with these parameters and no others.
    private static func check<Failure: InterfaceError>(_ type: Failure.Type, _ cases: [Failure]) throws {
        let (declared, prefix) = (Failure.interface.errors, Failure.interface.name + ".")
        for (name, fields) in declared {
            let reply = VarlinkError(prefix + name, try sample(fields))
            let error = try #require(Failure(reply), "\(name)")
            #expect(error.reply == reply)
            #expect(cases.contains { $0.member.name == name }, "\(name)")
            for field in fields {
                var parameters = reply.parameters
                parameters[field.name] = nil
                let bare = Failure(VarlinkError(reply.name, parameters))
                if case .optional = field.type {
                    #expect(bare?.reply.parameters == parameters, "\(name) without \(field.name)")
                } else {
                    #expect(bare == nil, "\(name) without \(field.name)")
                }
                parameters[field.name] = .bool(true)
                #expect(Failure(VarlinkError(reply.name, parameters)) == nil, "\(name) with a bad \(field.name)")
            }
            #expect(Failure(VarlinkError("org.semblance.Other." + name, reply.parameters)) == nil)
        }
        for error in cases {
            let fields = try #require(declared[error.member.name], "\(error)")
            #expect(Failure.interface.mismatch(of: error.member.parameters, with: fields) == nil, "\(error)")
        }
        #expect(Failure(VarlinkError(prefix + "Unheard")) == nil && Failure(VarlinkError(prefix)) == nil)
    }

    @Test("the prover's")
    func prover() throws {
        let mismatch = ChallengeExpectation.Mismatch("role", expected: "enrol", found: "refresh")
        let origin = try #require(Origin("https://login.example"))
        let cases: [ProverFailure] = [
            .notAuthorized, .notEnrolled, .alreadyEnrolled, .challengeRefused, .challengeMismatch(mismatch),
            .verifierKeyChanged(audience: "a", origin: origin, pinned: [1], offered: [2]), .noMatch,
            .lockedOut(retryAfterSeconds: nil), .lockedOut(retryAfterSeconds: 3), .sensorUnavailable(hint: "h"),
            .poorSample(hint: "h"), .busy, .presenceRequired(reason: "r"),
            .passwordRequired(reason: "r"), .consentRequired,
            .consentRefused(retryAfterSeconds: nil), .consentRefused(retryAfterSeconds: 3),
            .tooManyProofs(retryAfterSeconds: 5), .storageFailure(hint: "h"),
        ]
        try Self.check(ProverFailure.self, cases)
        for error in cases {
            #expect(ProverFailure(error.reply) == error)
            // A new case does not compile until it is listed here, and above.
            switch error {
            case .notAuthorized, .notEnrolled, .alreadyEnrolled, .challengeRefused, .challengeMismatch,
                .verifierKeyChanged, .noMatch, .lockedOut, .sensorUnavailable, .poorSample, .busy, .presenceRequired,
                .passwordRequired, .consentRequired, .consentRefused, .tooManyProofs, .storageFailure:
                break
            }
        }
        #expect(ProverFailure.lockedOut(retryAfterSeconds: nil).member.parameters == ["retryAfterSeconds": -1])
        for (field, value) in [("origin", "ftp://x"), ("pinned", "0g"), ("offered", "0")] {
            var parameters = cases[5].member.parameters
            parameters[field] = .string(value)
            #expect(ProverFailure(VarlinkError("org.semblance.Prover.VerifierKeyChanged", parameters)) == nil)
        }
    }

    @Test("the verifier's")
    func verifier() throws {
        let cases: [VerifierError] = [
            .notAuthorized, .notEnrolled, .alreadyEnrolled, .nothingToUpgrade, .lockedOut(retryAfterSeconds: -1),
            .refused, .busy, .storageFailure, .badRequest,
        ]
        try Self.check(VerifierError.self, cases)
        for error in cases {
            #expect(VerifierError(error.reply) == error)
            switch error {
            case .notAuthorized, .notEnrolled, .alreadyEnrolled, .nothingToUpgrade, .lockedOut, .refused, .busy,
                .storageFailure, .badRequest:
                break
            }
        }
    }

    @Test("the sensor's, where a caller who has gone is told that there is no sample")
    func sensor() throws {
        let cases: [SensorError] = [
            .noSensor, .noSample(advice: "a"), .modelUnknown, .badRequest, .busy, .unavailable(hint: "b"), .cancelled,
        ]
        try Self.check(SensorError.self, cases)
        for error in cases {
            #expect(
                SensorError(error.reply) == (error == .cancelled ? .noSample(advice: "the caller has gone") : error)
            )
            switch error {
            case .noSensor, .noSample, .modelUnknown, .badRequest, .busy, .unavailable, .cancelled: break
            }
        }
    }

    @Test("the agent's")
    func agent() throws {
        let cases: [AgentError] = [.notFound, .tooManyAgents, .presenceRequired(reason: "r")]
        try Self.check(AgentError.self, cases)
        for error in cases {
            #expect(AgentError(error.reply) == error)
            switch error {
            case .notFound, .tooManyAgents, .presenceRequired: break
            }
        }
    }

    /// The PAM module's table is C, and by hand.
    @Test("the PAM module knows each error of the services that it calls, once, and no other")
    func pam() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "pam/src/outcome.c"), encoding: .utf8)
        let named = text.matches(of: /\{"([A-Za-z.]+)", OUTCOME_/).map { String($0.1) }
        let declared = [VarlinkInterface.prover, .verifier, .service].flatMap { interface in
            interface.errors.keys.map { interface.name + "." + $0 }
        }
        #expect(named.sorted() == declared.sorted())
    }
}
