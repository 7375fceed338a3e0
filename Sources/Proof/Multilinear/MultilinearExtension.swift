import Ristretto255

/// Multilinear extensions over the Boolean hypercube, most significant variable first.
package enum MultilinearExtension {
    /// The 2^n values `eq(point, x)`, x in numerical order: the weights that evaluate a table at `point`.
    package static func equalityTable(_ point: some Collection<Scalar>) -> [Scalar] {
        var table: [Scalar] = [.one]
        table.reserveCapacity(1 << point.count)
        for coordinate in point {
            // Every step splits each entry in two, so that the first coordinate ends up most significant.
            var next = [Scalar](repeating: .zero, count: table.count * 2)
            for (index, value) in table.enumerated() {
                let high = value * coordinate
                next[2 * index] = value - high
                next[2 * index + 1] = high
            }
            table = next
        }
        return table
    }

    /// eq(point, index), the index in binary, most significant bit first.
    package static func equality(_ point: some Collection<Scalar>, _ index: Int) -> Scalar {
        var product = Scalar.one
        for (position, coordinate) in point.enumerated() {
            let bit = (index >> (point.count - 1 - position)) & 1
            product *= bit == 1 ? coordinate : .one - coordinate
        }
        return product
    }

    /// The value of the multilinear extension of `values` (2^n entries) at `point`.
    package static func evaluate(_ values: [Scalar], at point: some Collection<Scalar>) -> Scalar {
        var table = values
        for coordinate in point {
            bindFirst(&table, to: coordinate)
        }
        return table.first ?? .zero
    }

    /// Binds the most significant variable: `table[x] = (1 - r) table[x] + r table[half + x]`.
    package static func bindFirst(_ table: inout [Scalar], to coordinate: Scalar) {
        let half = table.count / 2
        for index in 0..<half {
            table[index] += coordinate * (table[half + index] - table[index])
        }
        table.removeLast(table.count - half)
    }
}
