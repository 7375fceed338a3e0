import Encoding
import Ristretto255
import Synchronization
import Transcript

/// Commitment and encoding shared by embedding and template rows.
enum RowCommitment {
    /// - Parameter values: of magnitude at most a template's bound, 635.
    static func commit(_ values: [Int16], blinder: Scalar) -> CompressedRistretto {
        let width = max(128, 1 << ceilLog2(values.count))
        let generators = RowGenerators.forWidth(width)
        return generators.commit(small: values.map(Int32.init), bits: 10, blinder: blinder).compress()
    }

    /// u16 dimension, i16 entries, 32-byte blinder.
    static func encode(_ values: [Int], blinder: Scalar) -> [UInt8] {
        var writer = WireWriter()
        writer.append(UInt16(truncatingIfNeeded: values.count))
        for value in values {
            writer.append(UInt16(bitPattern: Int16(truncatingIfNeeded: value)))
        }
        writer.append(scalar: blinder)
        return writer.bytes
    }

    static func decode(
        _ bytes: some Collection<UInt8>,
        bound: Int
    ) throws(WireError) -> (values: [Int], blinder: Scalar) {
        var reader = WireReader(bytes)
        let dimension = Int(try reader.readInteger(UInt16.self))
        guard MatchBounds.dimensions.contains(dimension) else { throw .outOfRange(field: .dimension) }
        var values: [Int] = []
        for _ in 0..<dimension {
            let value = Int(Int16(bitPattern: try reader.readInteger(UInt16.self)))
            guard abs(value) <= bound else { throw .outOfRange(field: .values) }
            values.append(value)
        }
        let blinder = try reader.readScalar(.blinder)
        try reader.finish()
        return (values, blinder)
    }
}

/// Precomputed multiples of the row generators, for the prover's constant-time commitments. Verifiers never need them.
struct RowTables: Sendable {
    let columns: ConstantTimeTables
    let blinding: FixedBaseTable

    /// The tables for rows of `generators`' width, made once per width and process.
    static func of(_ generators: RowGenerators) -> RowTables {
        cache.withLock { cache in
            if let known = cache[generators.columns.count] { return known }
            let made = RowTables(
                columns: ConstantTimeTables(generators.columns),
                blinding: FixedBaseTable(generators.blinding)
            )
            cache[generators.columns.count] = made
            return made
        }
    }

    private static let cache = Mutex<[Int: RowTables]>([:])
}

/// Secrets that are drawn before a proof's transcript exists: from the operating system's generator, hedged with what
/// they protect, so that a repeated generator state never blinds two different values alike (attacks.md F15).
package enum HedgedRandomness {
    /// The blinder of a row with these entries.
    package static func rowBlinder(of values: [Int16], using system: inout some RandomNumberGenerator) -> Scalar {
        var builder = Transcript(label: "semblance row blinder v1").randomnessBuilder()
        values.withUnsafeBytes { builder.rekey("values", rawBytes: $0) }
        return builder.finalize(using: &system).scalar()
    }
}
