import Foundation
import ProofTestSupport
import Testing

@testable import MatchProof

/// Many structured mutations of honest envelopes: none may be accepted, or make decoder or verifier trap.
///
/// `SEMBLANCE_MUTATIONS` sets how many (3000 if it is not set), `SEMBLANCE_SEED` which. All are decoded, and of those that
/// decode the first 300, or one in a hundred of a longer run, verified.
struct MutationRun {
    let count: Int
    private var random: SplitMix64

    init(seed: UInt64) {
        let environment = ProcessInfo.processInfo.environment
        count = environment["SEMBLANCE_MUTATIONS"].flatMap(Int.init) ?? 3000
        random = SplitMix64(state: environment["SEMBLANCE_SEED"].flatMap(UInt64.init) ?? seed)
    }

    /// - Parameter isAccepted: asks the public verifier, signature of the challenge included.
    func check(
        _ originals: [[UInt8]],
        decode: ([UInt8]) throws -> ProofEnvelope,
        isAccepted: ([UInt8]) -> Bool
    ) throws {
        var random = random
        var (decoded, verified, accepted) = (0, 0, 0)
        var slowest = Duration.zero
        for original in originals { #expect(isHonest(try decode(original))) }
        for round in 0..<count {
            let original = originals[round % originals.count]
            let bytes = Self.mutate(original, with: originals[(round + 1) % originals.count], &random)
            guard bytes != original, let envelope = try? decode(bytes) else { continue }
            decoded += 1
            guard verified < 300 || verified < round / 100 else { continue }
            verified += 1
            let started = ContinuousClock.now
            // The challenge's signature set aside, which would hide the rest.
            if isHonest(envelope, seed: UInt64(round) + 1) { accepted += 1 }
            slowest = max(slowest, started.duration(to: .now))
            if verified <= 100, isAccepted(bytes) { accepted += 1 }
        }
        #expect(accepted == 0)
        #expect(decoded > count / 20)
        print("mutated \(count), decoded \(decoded), verified \(verified), accepted \(accepted), slowest \(slowest)")
    }

    private func isHonest(_ envelope: ProofEnvelope, seed: UInt64 = 0) -> Bool {
        var weights = SplitMix64(state: seed)
        return envelope.parts.indices.allSatisfy { part in
            (try? MatchVerifier.equations(envelope, part: part))?.hold(using: &weights) == true
        }
    }

    /// Bytes changed, flipped, cut, inserted, repeated, exchanged within the message and with another.
    static func mutate(_ original: [UInt8], with other: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard bytes.count > 64 else { break }
            let position = Int.random(in: 0..<bytes.count, using: &random)
            let count = min(Int.random(in: 1...64, using: &random), bytes.count - position)
            switch Int.random(in: 0..<9, using: &random) {
            case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[position] ^= 1 << UInt8.random(in: 0...7, using: &random)
            case 2: bytes.removeSubrange(position..<position + count)
            case 3: bytes.insert(contentsOf: bytes[position..<position + count], at: position)
            case 4: for index in position..<position + count { bytes[index] = [0, 0xff, 0x80, 0x7f][index & 3] }
            case 5: bytes.swapAt(position, Int.random(in: 0..<bytes.count, using: &random))
            case 6:
                // The head, where lengths and counts are.
                let values: [UInt8] = [0, 1, 2, 3, 5, 6, 0x80, 0xff]
                let place = Int.random(in: 0..<min(600, bytes.count), using: &random)
                bytes[place] = values[Int.random(in: 0..<values.count, using: &random)]
            case 7:
                let source = Int.random(in: 0..<max(1, other.count - 64), using: &random)
                for index in 0..<min(count, other.count - source) { bytes[position + index] = other[source + index] }
            default:
                // Two elements exchanged, counted from the end, where they are aligned.
                let elements = min(bytes.count, 20_000) / 32
                let a = bytes.count - 32 * Int.random(in: 1...elements, using: &random)
                let b = bytes.count - 32 * Int.random(in: 1...elements, using: &random)
                for index in 0..<32 { bytes.swapAt(a + index, b + index) }
            }
        }
        return bytes
    }
}
