import Foundation

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
    /// False for work so long that one more run costs more than it tells.
    var warmsUp = true

    /// - Returns: seconds.
    func median(_ body: () throws -> Void) rethrows -> Double {
        if warmsUp { try body() }
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

enum Processor {
    /// Processor time of this process so far, user and system, all threads together.
    static var seconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}

enum Memory {
    /// The largest resident set of this process so far (`VmHWM`), without that of the process which started it.
    static var peakMegabytes: Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Double($0) } ?? 0) / 1024
    }
}

extension Double {
    /// With `digits` digits after the point.
    func formatted(_ digits: Int) -> String {
        String(format: "%.\(digits)f", self)
    }
}
