import Foundation
import Ristretto255
import Transcript

@testable import Bulletproofs

/// A deterministic generator for tests: SHAKE256 of a seed.
struct SeededGenerator: RandomNumberGenerator {
    private var sponge = KeccakSponge.shake256

    init(_ seed: UInt64) {
        withUnsafeBytes(of: seed.littleEndian) { sponge.absorb($0) }
    }

    mutating func next() -> UInt64 {
        sponge.squeeze(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// A broken generator: always the same number.
struct StuckGenerator: RandomNumberGenerator {
    func next() -> UInt64 { 0x0123_4567_89AB_CDEF }
}

func bytes(hex: String) -> [UInt8] {
    var result: [UInt8] = []
    var high: UInt8?
    for character in hex.utf8 {
        guard let digit = Character(UnicodeScalar(character)).hexDigitValue.map(UInt8.init) else { return [] }
        if let upper = high {
            result.append(upper << 4 | digit)
            high = nil
        } else {
            high = digit
        }
    }
    return result
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}

/// The generators that most tests share.
enum Shared {
    static let pedersen = PedersenGenerators.standard
    static let ranges = BulletproofGenerators(capacity: 64, parties: 16)
    static let circuits = BulletproofGenerators(capacity: 128)
}

/// What became of a proof's bytes.
enum Outcome: Equatable {
    case accepted
    case rejected(BulletproofError)
}

func outcome(_ body: () throws(BulletproofError) -> Void) -> Outcome {
    do {
        try body()
        return .accepted
    } catch {
        return .rejected(error)
    }
}

/// Indices of bytes to change: all, or every `step`-th starting at a point that depends on `salt`.
func positions(_ count: Int, all: Bool, salt: Int) -> [Int] {
    all ? Array(0..<count) : Array(stride(from: salt * 7 % 23, to: count, by: 23))
}
