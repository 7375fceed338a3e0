import Commitments
import Multilinear
import Ristretto255
import Sodium
import Statement
import Transcript

/// The secret values of a `match` proof as field elements: rows, multiplicities, inner products and norms.
struct MatchWitness: Sendable {
    /// Embeddings then template, each padded to the column count.
    var vectors: [[Scalar]]
    var blinders: [Scalar]
    /// One per table row.
    var multiplicities: [Scalar]
    /// S of each pair.
    var innerProducts: [Scalar]
    /// N of each vector.
    var norms: [Scalar]

    init(shape: MatchShape, samples: [EmbeddingOpening], template: TemplateOpening?) {
        let integers = samples.map(\.values) + (template.map { [$0.values] } ?? [])
        vectors = integers.map { values in
            values.map { Scalar(signed: Int($0)) }
                + Array(repeating: .zero, count: max(0, shape.columnCount - values.count))
        }
        blinders = samples.map(\.blinder) + (template.map { [$0.blinder] } ?? [])
        multiplicities = LookupTable.multiplicities(of: samples.map(\.values), shape: shape)
            .map { Scalar(signed: $0) }
        innerProducts = shape.pairs.map { Scalar(signed: Self.dot(integers[$0.first], integers[$0.second])) }
        norms = integers.map { Scalar(signed: Self.dot($0, $0)) }
    }

    /// Whether the integers meet the statement, decided without branching on any single value.
    static func satisfies(
        _ challenge: Challenge,
        shape: MatchShape,
        samples: [EmbeddingOpening],
        template: TemplateOpening?
    ) -> Bool {
        let integers = samples.map(\.values) + (template.map { [$0.values] } ?? [])
        let norms = integers.map { dot($0, $0) }
        var met = true
        for norm in norms.prefix(samples.count) {
            met = (norm >= Int(challenge.minimumNorm)) && met
        }
        for pair in shape.pairs {
            let inner = dot(integers[pair.first], integers[pair.second])
            // Both sides stay below 2^76, beyond Int64 for large dimensions.
            let left = Int128(inner) * Int128(inner) << 16
            let right = Int128(challenge.threshold) * Int128(norms[pair.first]) * Int128(norms[pair.second])
            met = (inner >= 1) && met
            met = (left >= right) && met
        }
        return met
    }

    private static func dot(_ a: [Int16], _ b: [Int16]) -> Int {
        zip(a, b).reduce(0) { $0 + Int($1.0) * Int($1.1) }
    }

    /// `V = 2^16 S^2 - num N N'`.
    func thresholdMargin(_ pair: Int, shape: MatchShape, threshold: UInt16) -> Scalar {
        let inner = innerProducts[pair]
        let norms = norms[shape.pairs[pair].first] * norms[shape.pairs[pair].second]
        return Scalar(1 << 16) * inner.squared() - Scalar(UInt64(threshold)) * norms
    }

    /// The multiplicities as rows of the matrix.
    func multiplicityRows(shape: MatchShape) -> [[Scalar]] {
        (0..<shape.multiplicityRowCount).map { row in
            (0..<shape.columnCount).map { column in
                let index = row * shape.columnCount + column
                return index < multiplicities.count ? multiplicities[index] : .zero
            }
        }
    }

    /// The prover's only randomness after the samples were committed: bound to the statement, all secrets and fresh
    /// system randomness, so that neither a frozen generator nor a repeated state reuses a pad (attacks.md F15).
    ///
    /// - Parameter transcript: has absorbed message 0.
    func hedgedRandomness(
        _ transcript: ProofTranscript,
        using system: inout some RandomNumberGenerator
    ) -> TranscriptRandom {
        var secret: [UInt8] = []
        secret.reserveCapacity(32 * (vectors.count * 512 + blinders.count))
        for scalar in vectors.joined() { secret.append(contentsOf: scalar.bytes) }
        for scalar in blinders { secret.append(contentsOf: scalar.bytes) }
        defer { SecretBytes.zero(&secret) }
        var builder = transcript.merlin.randomnessBuilder()
        secret.withUnsafeBytes { builder.rekey("witness", rawBytes: $0) }
        return builder.finalize(using: &system)
    }

    /// All wires: random pads, then the values and their bits, then the products.
    func assignWires(
        shape: MatchShape,
        challenge: Challenge,
        randomness: inout some RandomNumberGenerator
    ) -> WireAssignment {
        var wires = WireAssignment(gateCount: shape.gateCount)
        for gate in 0..<shape.firstValueGate {
            wires[.left(gate)] = Scalar.random(using: &randomness)
            wires[.right(gate)] = Scalar.random(using: &randomness)
        }
        for (index, pair) in shape.pairWires.enumerated() {
            wires[pair.innerProductSquared.left] = innerProducts[index]
            Self.assign(bitsOf: innerProducts[index] - .one, to: pair.innerProductBits, wires: &wires)
            let margin = thresholdMargin(index, shape: shape, threshold: challenge.threshold)
            Self.assign(bitsOf: margin, to: pair.thresholdBits, wires: &wires)
        }
        for (vector, wire) in shape.normWires.enumerated() {
            wires[wire] = norms[vector]
        }
        for (vector, bits) in shape.normBits.enumerated() {
            Self.assign(
                bitsOf: norms[vector] - Scalar(UInt64(challenge.minimumNorm)),
                to: bits,
                wires: &wires
            )
        }
        for (original, copy) in shape.copies {
            wires[copy] = wires[original]
        }
        wires.multiplyGates()
        return wires
    }

    /// The low bits of a value; of a value out of range they do not add up to it, and the range constraint fails.
    private static func assign(bitsOf value: Scalar, to gates: [GateAllocator.Product], wires: inout WireAssignment) {
        let bytes = value.bytes
        for (position, gate) in gates.enumerated() {
            let bit = Scalar(UInt64((bytes[position / 8] >> UInt8(position % 8)) & 1))
            wires[gate.left] = bit
            wires[gate.right] = .one - bit
        }
    }
}
