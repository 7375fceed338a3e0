import Multilinear

@testable import MatchProof
@testable import ProofTestSupport
@testable import Statement

extension MessageMap {
    /// Of a match proof.
    init(_ statement: Challenge) throws {
        let shape = MatchShape(statement)
        try self.init { recorder, constraints in
            _ = try MatchConstraints.build(
                shape: shape,
                challenge: statement,
                opening: OpeningProof.blank(shape.opening),
                channel: &recorder,
                constraints: &constraints
            )
        }
    }
}
