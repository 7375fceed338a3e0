import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// One figure of `semblance bench`.
struct Measurement: Codable {
    let name: String
    /// Median of the counted runs.
    let milliseconds: Double
    /// The same in units of libsodium's scalar multiplication, measured in the same run.
    let scalarMultiplications: Double
    var microsecondsPerPoint: Double?
    /// Size of the proof.
    var byteCount: Int?

    init(_ name: String, seconds: Double, reference: Double, points: Int? = nil, byteCount: Int? = nil) {
        self.name = name
        milliseconds = seconds * 1e3
        scalarMultiplications = seconds / reference
        microsecondsPerPoint = points.map { seconds * 1e6 / Double($0) }
        self.byteCount = byteCount
    }
}

/// Times a piece of work: one run to warm up, then the median of the counted ones.
struct Stopwatch {
    let repetitions: Int

    /// - Returns: seconds.
    func median(_ body: () throws -> Void) rethrows -> Double {
        try body()
        var samples: [Double] = []
        for _ in 0..<repetitions {
            let start = ContinuousClock.now
            try body()
            samples.append(start.duration(to: .now) / .seconds(1))
        }
        samples.sort()
        return samples[samples.count / 2]
    }
}

enum Memory {
    /// The largest resident set of this process so far.
    static var peakMegabytes: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_maxrss) / 1024
    }
}
