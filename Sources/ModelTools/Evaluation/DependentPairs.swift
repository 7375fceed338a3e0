import Foundation

/// How often a rate of comparisons between two people may occur among others, from comparisons that are not independent: everything that
/// one person is compared with has that person in common.
///
/// With n people only n/2 pairs are independent. A mean over all pairs is a mean of means over such matchings (a U-statistic), so
/// Chernoff's bound for that many independent ones holds for it, whoever makes the errors: W. Hoeffding, Probability Inequalities for
/// Sums of Bounded Random Variables (1963), section 5. Nothing less will do: where one person in n matches everybody, one set in three
/// has no such person and shows no error at all.
struct DependentPairs: Sendable {
    /// Of what a claim "at most" may be wrong, in sets of people.
    static let risk = 0.05

    private var comparisons = 0
    private var ofPerson: [Int: Int] = [:]

    mutating func insert(person: Int, other: Int) {
        comparisons += 1
        ofPerson[person, default: 0] += 1
        ofPerson[other, default: 0] += 1
    }

    /// How many independent pairs they are worth: n/2 where everybody has equally many comparisons, fewer where somebody has a larger
    /// part of them.
    var independent: Int { ofPerson.values.max().map { comparisons / $0 } ?? 0 }

    /// The least rate that is not plausible: 95 %, one-sided; 1 where nothing was compared.
    ///
    /// - Parameter measured: 0...1.
    func atMost(_ measured: Double) -> Double {
        guard independent > 0 else { return 1 }
        let limit = -log(Self.risk) / Double(independent)
        var (low, high) = (measured, 1.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if Self.divergence(measured, middle) < limit { low = middle } else { high = middle }
        }
        return high
    }

    /// Kullback and Leibler's, of one coin from another.
    private static func divergence(_ a: Double, _ b: Double) -> Double {
        func term(_ a: Double, _ b: Double) -> Double { a == 0 ? 0 : a * log(a / b) }
        return term(a, b) + term(1 - a, 1 - b)
    }
}
