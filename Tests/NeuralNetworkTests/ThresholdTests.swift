import Testing

@testable import IntegerNetwork
@testable import ModelTools

@Suite struct ThresholdTests {
    @Test func decisionIsExactAtEquality() {
        // S = 3, E = 9, T = 4: 2^16 * 9 = 589824 = 16384 * 36.
        let score = MatchScore(product: 3, probeNorm: 9, templateNorm: 4)
        #expect(score.matches(numerator: 16384, minimumNorm: 9))
        #expect(!score.matches(numerator: 16385, minimumNorm: 9))
        #expect(!score.matches(numerator: 1, minimumNorm: 10))
        #expect(score.greatestNumerator(minimumNorm: 9) == 16384)
        #expect(score.greatestNumerator(minimumNorm: 10) == nil)
        #expect(!MatchScore(product: 0, probeNorm: 9, templateNorm: 4).matches(numerator: 0, minimumNorm: 1))
        #expect(!MatchScore(product: -3, probeNorm: 9, templateNorm: 4).matches(numerator: 0, minimumNorm: 1))
        #expect(MatchScore(probe: [0, 0], template: [0, 0]).greatestNumerator(minimumNorm: 0) == nil)
    }

    @Test func widestScoresDoNotOverflow() {
        let probe = [Int16](repeating: 127, count: 512)
        let template = [Int16](repeating: 5 * 127, count: 512)
        let score = MatchScore(probe: probe, template: template)
        #expect(score.product == 512 * 127 * 635)
        #expect(score.greatestNumerator(minimumNorm: 1) == 65535)
        #expect(score.matches(numerator: 65535, minimumNorm: 1))
    }

    @Test func thresholdsAgreeWithCounting() throws {
        var generator = SeededGenerator(seed: 5)
        func scores(_ count: Int, mean: Int) -> [MatchScore] {
            (0..<count).map { _ in
                MatchScore(
                    product: Int.random(in: mean - 3000...mean + 3000, using: &generator),
                    probeNorm: Int.random(in: 4000...9000, using: &generator),
                    templateNorm: Int.random(in: 4000...9000, using: &generator)
                )
            }
        }
        let genuine = scores(300, mean: 4000)
        let impostor = scores(700, mean: 500)
        let calibration = ThresholdCalibration(genuine: genuine, impostor: impostor, minimumNorm: 5000)
        for fmr in [0.3, 0.1, 0.01, 0.0045] {
            let point = try calibration.threshold(for: fmr)
            let passing = { (numerator: UInt16) in
                impostor.count { $0.matches(numerator: numerator, minimumNorm: 5000) }
            }
            #expect(Double(passing(point.numerator)) <= fmr * 700)
            if point.numerator > 1 { #expect(Double(passing(point.numerator - 1)) > fmr * 700) }
            #expect(point.measuredFMR == Double(passing(point.numerator)) / 700)
            let failing = genuine.count { !$0.matches(numerator: point.numerator, minimumNorm: 5000) }
            #expect(point.measuredFNMR == Double(failing) / 300)
            let strict = try? calibration.threshold(for: fmr, usesUpperLimit: true)
            #expect(strict.map { $0.falseMatches.upper <= fmr && $0.numerator >= point.numerator } ?? (fmr < 0.01))
        }
        #expect(0.01..<0.5 ~= calibration.equalErrorRate)
    }

    @Test func ratesWithoutSupportAreRefusedWithTheReason() {
        func refusal(_ calibration: ThresholdCalibration, _ fmr: Double) -> RefusedRate.Reason? {
            do throws(ThresholdRefusal) {
                _ = try calibration.threshold(for: fmr)
                return nil
            } catch {
                return error.rate.reason
            }
        }
        let same = MatchScore(product: 100, probeNorm: 100, templateNorm: 100)
        let other = MatchScore(product: 1, probeNorm: 100, templateNorm: 100)
        let few = ThresholdCalibration(
            genuine: [same],
            impostor: [MatchScore](repeating: other, count: 299),
            minimumNorm: 1
        )
        #expect(refusal(few, 0.01) == .tooFewImpostorComparisons(needed: 300, available: 299))
        #expect(refusal(few, 0.02) == nil)
        let enough = ThresholdCalibration(
            genuine: [same],
            impostor: [MatchScore](repeating: other, count: 300),
            minimumNorm: 1
        )
        #expect(refusal(enough, 0.01) == nil)
        for fmr in [0, -1, 1, Double.nan, .infinity] { #expect(refusal(enough, fmr) == .notARate) }
        // Everybody is everybody.
        let twins = ThresholdCalibration(
            genuine: [same],
            impostor: [MatchScore](repeating: same, count: 300),
            minimumNorm: 1
        )
        #expect(refusal(twins, 0.01) == .noThresholdStrictEnough)
        let (points, refused) = few.thresholds(for: [0.001, 0.5, 0.02, 0.5])
        #expect(points.map(\.fmr) == [0.5, 0.02])
        #expect(refused.map(\.fmr) == [0.001])
    }

    @Test func minimumNormIsAtMostTwoThirdsOfWhatWasSeen() {
        #expect(ThresholdCalibration.minimumNorm(norms: [90_000, 200_000], dimension: 128) == 32768)
        #expect(ThresholdCalibration.minimumNorm(norms: [49_821], dimension: 128) == 32768)
        #expect(ThresholdCalibration.minimumNorm(norms: [49_152], dimension: 128) == 32768)
        #expect(ThresholdCalibration.minimumNorm(norms: [49_151], dimension: 128) == 16384)
        #expect(ThresholdCalibration.minimumNorm(norms: [100], dimension: 128) == 1280)
    }
}
