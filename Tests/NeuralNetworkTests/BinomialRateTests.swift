import Foundation
import Testing

@testable import ModelTools

@Suite struct BinomialRateTests {
    /// From mpmath's incomplete beta function with 40 digits.
    @Test(arguments: [
        (1, 10, 0.00252857854446178, 0.445016117028195), (5, 100, 0.0164318791820522, 0.112834911105463),
        (19, 1939, 0.00590957484362143, 0.0152600164574414), (44, 2415, 0.013268709528049, 0.02438229849161),
        (50, 100, 0.398321129503301, 0.601678870496699),
    ])
    func intervalsAreClopperAndPearsons(count: Int, trials: Int, lower: Double, upper: Double) {
        let rate = BinomialRate(count: count, trials: trials)
        #expect(rate.rate == Double(count) / Double(trials))
        #expect(abs(rate.lower - lower) < 1e-10 * lower)
        #expect(abs(rate.upper - upper) < 1e-10 * upper)
    }

    /// By definition: at the lower end `count` or more has a probability of 2.5 %, at the upper end `count` or fewer.
    @Test func tailsHaveTheirProbability() {
        func tail(_ counts: ClosedRange<Int>, _ trials: Int, _ p: Double) -> Double {
            var sum = 0.0
            for count in counts {
                var term = 1.0
                for step in 0..<count { term *= Double(trials - step) / Double(count - step) * p }
                sum += term * pow(1 - p, Double(trials - count))
            }
            return sum
        }
        for trials in [2, 7, 40, 120] {
            for count in 1..<trials {
                let rate = BinomialRate(count: count, trials: trials)
                #expect(abs(tail(count...trials, trials, rate.lower) - 0.025) < 1e-9)
                #expect(abs(tail(0...count, trials, rate.upper) - 0.025) < 1e-9)
            }
        }
    }

    @Test func ruleOfThreeWhereNothingWasCounted() {
        let none = BinomialRate(count: 0, trials: 3000)
        #expect(none.lower == 0 && none.upper == 0.001)
        // The 95 % bound that it stands for.
        #expect(abs(none.upper - (1 - pow(0.05, 1 / 3000.0))) < 5e-6)
        let all = BinomialRate(count: 300, trials: 300)
        #expect(all.rate == 1 && all.lower == 0.99 && all.upper == 1)
        #expect(BinomialRate(count: 0, trials: 2).upper == 1)
        let unknown = BinomialRate(count: 0, trials: 0)
        #expect(unknown.lower == 0 && unknown.upper == 1)
        #expect(BinomialRate.trialsNeeded(rate: 0.001) == 3000)
        #expect(BinomialRate.trialsNeeded(rate: 0.7) == 5)
        #expect(BinomialRate.trialsNeeded(rate: 0) == .max)
        #expect(BinomialRate.trialsNeeded(rate: 1e-300) == .max)
    }

    @Test func millionsOfTrialsStayOrdered() {
        var last = BinomialRate(count: 1, trials: 50_000_000)
        for count in [2, 50, 5342, 1_000_000, 49_999_999] {
            let rate = BinomialRate(count: count, trials: 50_000_000)
            #expect(rate.lower < rate.rate && rate.rate < rate.upper)
            #expect(rate.lower > last.lower && rate.upper > last.upper)
            last = rate
        }
        // Close to the normal approximation where that is good.
        let rate = BinomialRate(count: 1_000_000, trials: 50_000_000)
        let deviation = 1.959964 * (0.02 * 0.98 / 50_000_000).squareRoot()
        #expect(abs(rate.upper - rate.rate - deviation) < 0.001 * deviation)
    }

    @Test func deviatesAreThoseOfTheNormalDistribution() {
        for (probability, deviate) in [(0.5, 0.0), (0.975, 1.959963984540054), (0.001, -3.090232306167813)] {
            #expect(abs(NormalDeviate.quantile(probability) - deviate) < 1e-9)
        }
        #expect(NormalDeviate.quantile(0) < -7 && NormalDeviate.quantile(1) > 7)
    }
}
