import Foundation
import Testing

@testable import MatchProof

/// Many structured mutations of honest envelopes: none may be accepted, or make decoder or verifier trap.
///
/// `SEMBLANCE_MUTATIONS` sets how many (3000 if it is not set), `SEMBLANCE_SEED` which. All are decoded, and of those that
/// decode the first 300, or one in a hundred of a longer run, verified.
struct MutationRun {
    private let count: Int
    private let seed: UInt64

    init(seed: UInt64) {
        let environment = ProcessInfo.processInfo.environment
        count = environment["SEMBLANCE_MUTATIONS"].flatMap(Int.init) ?? 3000
        self.seed = environment["SEMBLANCE_SEED"].flatMap(UInt64.init) ?? seed
    }

    /// - Parameter isAccepted: asks the public verifier, signature of the challenge included.
    func check(
        _ originals: [[UInt8]],
        decode: ([UInt8]) throws -> ProofEnvelope,
        isAccepted: ([UInt8]) -> Bool
    ) throws {
        var random = SplitMix64(state: seed)
        var (decoded, verified, accepted) = (0, 0, 0)
        var slowest = Duration.zero
        for original in originals { #expect(isHonest(try decode(original))) }
        for round in 0..<count {
            let original = originals[round % originals.count]
            let bytes = Mutator.networkEnvelopes.mutate(
                original,
                with: originals[(round + 1) % originals.count],
                &random
            )
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
}
