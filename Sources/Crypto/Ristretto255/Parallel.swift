import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Work on several processors.
///
/// How work is cut depends on what is public only, numbers of elements and the machine, never on a secret value. Results do
/// not depend on it either: sums in the group and in the field are exact in whatever order they are made.
package enum Parallel {
    /// The processors that this process may run on, at least 1: its affinity mask, which `taskset`, `CPUAffinity=` and
    /// cpusets of control groups set. (A quota like `CPUQuota=` limits time, not processors; more pieces than it feeds
    /// cost little.) Read once.
    package static let processors = max(1, allowedProcessors ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    /// The number of processors in the affinity mask; nil where there is none to be had.
    private static var allowedProcessors: Int? {
        #if os(Linux)
            // Looked up by name, for the C library's headers show it to _GNU_SOURCE only, and Swift imports them without.
            typealias GetAffinity = @convention(c) (pid_t, Int, UnsafeMutableRawPointer) -> Int32
            guard let symbol = dlsym(nil, "sched_getaffinity") else { return nil }
            // Sound: this is its prototype in sched.h, and the mask is as long as is said.
            let getAffinity = unsafeBitCast(symbol, to: GetAffinity.self)
            var mask = [UInt64](repeating: 0, count: 1024)
            let bytes = mask.count * MemoryLayout<UInt64>.size
            guard mask.withUnsafeMutableBytes({ $0.baseAddress.map { getAffinity(0, bytes, $0) } }) == 0 else {
                return nil
            }
            return mask.reduce(0) { $0 + $1.nonzeroBitCount }
        #else
            return nil
        #endif
    }

    /// The least work that is worth a piece of its own, in nanoseconds: some times what it takes to wake a thread for it.
    private static let leastWork = 100_000

    /// How many processors to share work among: no more than there are, and none for less than ``leastWork``.
    ///
    /// - Parameters:
    ///   - count: elements, which are not divided.
    ///   - cost: nanoseconds for one of them, roughly.
    package static func pieces(count: Int, cost: Int) -> Int {
        max(1, min(processors, count, count * cost / leastWork))
    }

    /// How many shares to cut elements into that are independent of each other: several a processor, so that a late one
    /// does not keep the others waiting, and none for less than ``leastWork``.
    ///
    /// - Parameter cost: nanoseconds for one element, roughly.
    package static func shares(count: Int, cost: Int) -> Int {
        // On one processor there is nobody to wait for.
        processors == 1 ? 1 : max(1, min(4 * processors, count, count * cost / leastWork))
    }

    /// Runs `body` on ranges that make up 0..<count, each once; returns when all are done.
    ///
    /// - Parameter cost: nanoseconds for one element, roughly.
    package static func forEachPiece(count: Int, cost: Int, _ body: (Range<Int>) -> Void) {
        let shares = shares(count: count, cost: cost)
        forEach(shares, parallel: true) { body(piece($0, of: shares, count: count)) }
    }

    /// Runs `body` for 0..<count, on all cores when `parallel` and there is more than one. Returns when all are done.
    package static func forEach(_ count: Int, parallel: Bool, _ body: (Int) -> Void) {
        if parallel && count > 1 {
            withoutActuallyEscaping(body) { escapable in
                // Sound: concurrentPerform returns after the last call, and pieces write to disjoint memory.
                nonisolated(unsafe) let work = escapable
                DispatchQueue.concurrentPerform(iterations: count) { work($0) }
            }
        } else {
            for i in 0..<count { body(i) }
        }
    }

    /// The bounds of piece `index` of `pieces` nearly equal pieces of 0..<count.
    package static func piece(_ index: Int, of pieces: Int, count: Int) -> Range<Int> {
        count * index / pieces..<count * (index + 1) / pieces
    }
}
