import Multilinear
import Ristretto255
import Sodium
import Testing

@testable import MatchProof
@testable import Statement

/// Many envelopes in one multiplication: the same verdicts as one by one.
@Suite struct BatchTests {
    private struct Case {
        var envelope: ProofEnvelope
        let fixture: Fixture

        var submission: MatchVerifier.Submission {
            MatchVerifier.Submission(envelope, verifierKey: fixture.verifier.publicKey, sensorKey: nil)
        }
    }

    /// Logins, an enrolment and a re-blinding, of several row widths, and a login at `full`.
    private static func cases() throws -> [Case] {
        var cases: [Case] = []
        for (role, dimension) in [(Role.authenticate, 128), (.authenticate, 512), (.enrol, 128), (.reblind, 256)] {
            let scenario = try Scenario(dimension: dimension, seed: UInt64(dimension), role: role)
            let template = role == .enrol ? nil : scenario.template
            let attempt = Attempt(scenario.login, samples: [scenario.sample], template: template)
            cases.append(Case(envelope: try attempt.prove().envelope, fixture: scenario.fixture))
        }
        let full = try FullScenario(.full)
        cases.append(Case(envelope: try full.prove(), fixture: full.fixture))
        return cases
    }

    private func failures(_ cases: [Case]) -> [Int: VerificationFailure] {
        var failures: [Int: VerificationFailure] = [:]
        for (index, result) in MatchVerifier().verify(batch: cases.map(\.submission)).enumerated() {
            if case .failure(let failure) = result { failures[index] = failure }
        }
        return failures
    }

    @Test func honestBatchIsAccepted() throws {
        let cases = try Self.cases()
        let results = MatchVerifier().verify(batch: cases.map(\.submission))
        #expect(results.count == cases.count)
        for (result, one) in zip(results, cases) {
            let alone = try MatchVerifier().verify(
                one.envelope,
                verifierKey: one.fixture.verifier.publicKey,
                sensorKey: nil
            )
            let verified = try result.get()
            #expect(verified.newTemplate == alone.newTemplate && verified.verdict == alone.verdict)
            #expect(verified.challenge == one.envelope.challenge.challenge)
        }
        #expect(MatchVerifier().verify(batch: []).isEmpty)
    }

    /// Whichever member is false, it alone is refused, and by its name; so are several, and what fails before any equation.
    @Test func falseMembersAreNamed() throws {
        let honest = try Self.cases()
        for index in honest.indices {
            var cases = honest
            cases[index].envelope.body.opening.maskedBlinder += .one
            #expect(failures(cases) == [index: .equation])
        }
        var cases = honest
        cases[1].envelope.body.reblinding = nil
        cases[0].envelope.body.maskedScalars[0] += .one
        cases[3].envelope.body.reblinding?.response += .one
        cases[4].envelope.networkProofs[0].messages.maskedScalars[5] += .one
        #expect(failures(cases) == [0: .equation, 3: .equation, 4: .equation])
        cases[2].envelope.body.maskedScalars.removeLast()
        #expect(failures(cases) == [0: .equation, 2: .interaction(.missingScalar), 3: .equation, 4: .equation])
    }

    /// Errors of two members do not cancel: each equation has a weight of its own.
    @Test func opposedErrorsDoNotCancel() throws {
        let envelope = try Scenario().attempt.prove().envelope
        let honest = try MatchVerifier.equations(envelope)
        var (plus, minus) = (honest, honest)
        plus.argument.opening.add(.one, .generator)
        minus.argument.opening.add(-Scalar.one, .generator)
        var random = SystemRandom()
        #expect(Equation.hold(honest.all + honest.all, using: &random))
        #expect(!Equation.hold(plus.all + minus.all, using: &random))
    }
}
