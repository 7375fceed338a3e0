import Dispatch

/// Work on several cores.
package enum Parallel {
    /// Runs `body` for 0..<count, on all cores when `parallel` and there is more than one piece. Returns when all are
    /// done.
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
