import Foundation

/// Expected values: Python's hashlib for the hashes, the PyPI package `merlin_transcripts` (an independent
/// implementation with its own Keccak) for transcripts and their random generator.
struct Vectors: Decodable {
    struct Hash: Decodable {
        let length: Int
        let sha3_512: String
        let shake256: String
    }

    let keccakZeroState: String
    let keccakZeroStateTwice: String
    let hashes: [Hash]
    let transcript: [String]
    let random: [String]

    static func load() throws -> Vectors {
        let url = Bundle.module.bundleURL.appending(path: "Vectors/transcript.json")
        return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url))
    }
}

/// The message of `count` bytes that the vectors use.
func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: 7 * $0 + 3) }
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
