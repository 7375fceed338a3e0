import Commitments
import Models
import Multilinear
import Ristretto255

/// The public table of quotients and activations: (q, f(q), kind, max(f(q), 0) where the kind has it).
package struct QuotientTable: Sendable {
    private struct Section: Sendable {
        let first: Int
        let quotients: ClosedRange<Int>
        let activation: ActivationTable
        let hasPositivePart: Bool
    }

    private let sections: [Section]
    /// A power of two, a multiple of the row width; the last entry repeats.
    package let count: Int

    init(kinds: [NetworkShape.Kind], tables: [NetworkDescription.Table], minimumCount: Int) {
        var first = 0
        sections = kinds.map { kind in
            defer { first += tables[kind.table].quotients.count }
            return Section(
                first: first,
                quotients: tables[kind.table].quotients,
                activation: tables[kind.table].activation,
                hasPositivePart: kind.hasPositivePart
            )
        }
        count = max(minimumCount, 1 << ceilLog2(first))
    }

    /// Index of quotient q of a kind; nil where the table has no such row.
    package func index(ofQuotient value: Int, kind: Int) -> Int? {
        let section = sections[kind]
        guard section.quotients.contains(value) else { return nil }
        return section.first + value - section.quotients.lowerBound
    }

    /// Calls `body` with (index, q, f(q), kind, positive part) of every entry.
    private func forEach(_ body: (Int, Int32, Int32, Int32, Int32) -> Void) {
        var last: (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        var index = 0
        for (kind, section) in sections.enumerated() {
            for quotient in section.quotients {
                let value = section.activation.value(at: quotient)
                last = (
                    Int32(truncatingIfNeeded: quotient), Int32(truncatingIfNeeded: value),
                    Int32(truncatingIfNeeded: kind),
                    Int32(truncatingIfNeeded: section.hasPositivePart ? max(value, 0) : 0)
                )
                body(index, last.0, last.1, last.2, last.3)
                index += 1
            }
        }
        while index < count {
            body(index, last.0, last.1, last.2, last.3)
            index += 1
        }
    }

    /// Leaf denominators `alpha - (q + beta z + beta^2 kind + beta^3 p)`.
    package func denominators(alpha: Scalar, beta: Scalar) -> [Scalar] {
        let betas = Scalar.powers(of: beta, count: 4)
        var denominators: [Scalar] = []
        denominators.reserveCapacity(count)
        forEach { _, quotient, value, kind, positive in
            var sum = SmallProductAccumulator()
            sum.add(.one, times: quotient)
            sum.add(betas[1], times: value)
            sum.add(betas[2], times: kind)
            sum.add(betas[3], times: positive)
            denominators.append(alpha - sum.reduced())
        }
        return denominators
    }

    /// The extension of `q + beta z + beta^2 kind + beta^3 p` at a point.
    package func fingerprint(at point: [Scalar], beta: Scalar) -> Scalar {
        let equality = MultilinearExtension.equalityTable(point)
        var sums = (
            SmallProductAccumulator(), SmallProductAccumulator(), SmallProductAccumulator(), SmallProductAccumulator()
        )
        forEach { index, quotient, value, kind, positive in
            sums.0.add(equality[index], times: quotient)
            sums.1.add(equality[index], times: value)
            sums.2.add(equality[index], times: kind)
            sums.3.add(equality[index], times: positive)
        }
        return sums.0.reduced()
            + beta * (sums.1.reduced() + beta * (sums.2.reduced() + beta * sums.3.reduced()))
    }
}
