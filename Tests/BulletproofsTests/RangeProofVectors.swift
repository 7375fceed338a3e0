import Foundation
import Ristretto255

@testable import Bulletproofs

/// Aggregated range proofs made by the dalek crate.
struct RangeProofVectors: Decodable {
    struct Proof: Decodable {
        let bits: Int
        let parties: Int
        let proof: String
    }

    let commitments: [String]
    let proofs: [Proof]

    static func load() throws -> RangeProofVectors {
        let url = Bundle.module.bundleURL.appending(path: "Vectors/bulletproofs-range.json")
        return try JSONDecoder().decode(RangeProofVectors.self, from: Data(contentsOf: url))
    }

    func points(_ count: Int) -> [CompressedRistretto] {
        commitments.prefix(count).compactMap { CompressedRistretto(bytes(hex: $0)) }
    }
}
