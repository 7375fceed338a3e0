import Bulletproofs
import Ristretto255
import Sodium
import Testing

@testable import MatchProof

/// The group equations are added up under random weights: errors of two of them do not cancel.
@Suite struct EquationBatchTests {
    @Test func errorsDoNotCancel() throws {
        let envelope = try Scenario(role: .reblind).attempt.prove().envelope
        let honest = try MatchVerifier.equations(envelope)
        var random = SystemRandom()
        #expect(honest.hold(using: &random))

        func with(opening: Scalar, reblinding: Scalar, closing: Scalar) throws -> MatchEquations {
            var changed = honest
            changed.argument.opening.add(opening, .generator)
            try #require(changed.reblinding != nil)
            changed.reblinding?.add(reblinding, .generator)
            changed.argument.closing.add(closing, .generator)
            return changed
        }
        #expect(try with(opening: .zero, reblinding: .zero, closing: .zero).hold(using: &random))
        for (a, b, c) in [
            (Scalar.one, Scalar.zero, Scalar.zero), (.zero, .one, .zero), (.zero, .zero, .one),
            (.one, -Scalar.one, .zero), (.one, .zero, -Scalar.one), (.zero, .one, -Scalar.one),
        ] {
            #expect(try !with(opening: a, reblinding: b, closing: c).hold(using: &random))
        }
    }
}
