import Testing

@testable import FprintService

@Suite struct FingerNameTests {
    @Test func tenFingersByNameAndLabel() throws {
        #expect(FingerName.all.count == 10 && Set(FingerName.all.map(\.name)).count == 10)
        for finger in FingerName.all {
            #expect(FingerName(name: finger.name) == finger)
            #expect(FingerName(label: finger.label) == finger)
            // Enrolled by somebody who wrote it as fprintd does.
            #expect(FingerName(label: finger.name) == finger)
        }
        #expect(try #require(FingerName(name: "right-index-finger")).label == "right-index")
        #expect(try #require(FingerName(name: "left-thumb")).label == "left-thumb")
    }

    @Test(arguments: [
        "any", "", "right-index", "Right-index-finger", "right-index-finger ", "right-thumb-finger", "sixth",
    ])
    func nothingElseIsAFingersName(_ name: String) {
        #expect(FingerName(name: name) == nil)
    }

    @Test(arguments: ["default", "work", "index", "right", ""])
    func otherLabelsAreNoFingers(_ label: String) {
        #expect(FingerName(label: label) == nil)
    }
}
