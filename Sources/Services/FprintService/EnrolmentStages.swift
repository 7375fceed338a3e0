/// What the prover tells of an enrolment, as stages of the interface.
struct EnrolmentStages {
    let count: Int
    private var passed = 0

    init(count: Int) { self.count = count }

    /// The results of `EnrollStatus` that a report of the prover amounts to. Before each sample it says how large a part of them
    /// is taken; all of them, and still a capture: one was unlike the others, and is taken again.
    mutating func results(stage: String?, fraction: Double?) -> [String] {
        switch stage {
        case "capture":
            // Whatever number that is: none at all counts as the beginning.
            let part = fraction.map { $0.isNaN ? 0 : min(max($0, 0), 1) } ?? 0
            let taken = Int((part * Double(count)).rounded())
            if taken == count {
                // The last stage is passed when all samples are alike.
                defer { passed = max(passed, count - 1) }
                return Array(repeating: "enroll-stage-passed", count: max(0, count - 1 - passed)) + [
                    "enroll-retry-scan"
                ]
            }
            return pass(taken)
        case "prove", "store": return pass(count)
        default: return []
        }
    }

    private mutating func pass(_ stages: Int) -> [String] {
        defer { passed = max(passed, stages) }
        return Array(repeating: "enroll-stage-passed", count: max(0, stages - passed))
    }
}
