import IntegerNetwork

/// The files that gave the last samples. A file that has not changed is no new look at a finger or a face: without that
/// the three tries of a login would be one bad look, judged three times within a second.
struct LookHistory {
    /// How long an unchanged file rests after it gave a sample.
    let rest: Duration

    private var looks: [RegularFile.Identity: (at: ContinuousClock.Instant, challenge: [UInt8])] = [:]

    init(rest: Duration) {
        self.rest = rest
    }

    mutating func add(_ file: RegularFile.Identity, challenge key: [UInt8]) {
        looks[file] = (.now, key)
    }

    /// Files that rest now. Those that gave this very challenge a sample do not: they are replays however long one waits.
    mutating func resting(for key: [UInt8]) -> Set<RegularFile.Identity> {
        let now = ContinuousClock.now
        looks = looks.filter { now - $0.value.at < rest }
        return Set(looks.filter { $0.value.challenge != key }.keys)
    }
}
