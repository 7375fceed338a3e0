import Ristretto255
import Synchronization

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
