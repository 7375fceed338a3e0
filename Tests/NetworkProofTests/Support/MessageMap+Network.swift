import Multilinear

@testable import NetworkProof
@testable import ProofTestSupport

extension MessageMap {
    /// Of a network proof.
    init(_ shape: NetworkShape) throws {
        try self.init { recorder, constraints in
            _ = try NetworkConstraints.build(
                shape,
                opening: OpeningProof.blank(shape.opening),
                channel: &recorder,
                constraints: &constraints
            )
        }
    }
}
