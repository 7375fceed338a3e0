import Foundation
import Ristretto255

@testable import Bulletproofs

/// Constraint-system proofs made by the dalek crate; the JSON describes the gadgets.
struct R1CSVectors: Decodable {
    struct Shuffle: Decodable {
        let k: Int
        let inputs: [String]
        let outputs: [String]
        let proof: String
    }

    struct Range: Decodable {
        let bits: Int
        let value: UInt64
        let commitment: String
        let proof: String
    }

    let shuffle: [Shuffle]
    let range: [Range]

    static func load() throws -> R1CSVectors {
        let url = Bundle.module.bundleURL.appending(path: "Vectors/bulletproofs-r1cs.json")
        return try JSONDecoder().decode(R1CSVectors.self, from: Data(contentsOf: url))
    }
}
