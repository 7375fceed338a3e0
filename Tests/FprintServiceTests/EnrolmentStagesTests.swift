import Testing

@testable import FprintService

@Suite struct EnrolmentStagesTests {
    private let passed = "enroll-stage-passed"

    @Test func eachSampleIsAStage() {
        var stages = EnrolmentStages(count: 3)
        #expect(stages.results(stage: "queue", fraction: 0) == [])
        #expect(stages.results(stage: "capture", fraction: 0) == [])
        // Advice about the same sample.
        #expect(stages.results(stage: "capture", fraction: 0) == [])
        #expect(stages.results(stage: "capture", fraction: 1.0 / 3) == [passed])
        #expect(stages.results(stage: "capture", fraction: 1.0 / 3) == [])
        #expect(stages.results(stage: "capture", fraction: 2.0 / 3) == [passed])
        #expect(stages.results(stage: "prove", fraction: 0) == [passed])
        #expect(stages.results(stage: "prove", fraction: 0.5) == [])
        #expect(stages.results(stage: "store", fraction: 0) == [])
    }

    @Test func anUnlikeSampleIsTakenAgain() {
        var stages = EnrolmentStages(count: 3)
        _ = stages.results(stage: "capture", fraction: 1.0 / 3)
        #expect(stages.results(stage: "capture", fraction: 1) == [passed, "enroll-retry-scan"])
        #expect(stages.results(stage: "capture", fraction: 1) == ["enroll-retry-scan"])
        #expect(stages.results(stage: "prove", fraction: 0) == [passed])
    }

    @Test(arguments: [Double.nan, -1, 7, .infinity, -.infinity, 1e300, nil])
    func whateverFractionIsSaid(_ fraction: Double?) {
        var stages = EnrolmentStages(count: 3)
        let results = stages.results(stage: "capture", fraction: fraction)
        #expect(results.filter { $0 == passed }.count <= 2)
    }
}
