import Foundation

/// Events of several programs in the order of their time, each kept for no longer than it takes to know that none comes before it.
final class AuditMerge {
    /// One program and what its lines say.
    struct Stream {
        var program: LineProgram
        /// Nil of a line that is no event, or not asked for.
        var entry: (Data) -> AuditEntry?
    }

    /// A program that goes on and has said nothing for so long has nothing older to say.
    private static let patience = Duration.milliseconds(1500)

    private let isFollowing: Bool
    private let streams: [Stream]
    private var heads: [AuditEntry?]

    /// - Parameter isFollowing: whether the programs go on; if not, each is waited for to its end.
    init(_ streams: [Stream], isFollowing: Bool) {
        self.streams = streams
        self.isFollowing = isFollowing
        heads = streams.map { _ in nil }
    }

    /// Gives each event to `take`, until all programs have ended.
    func run(_ take: (AuditEntry) throws -> Void) rethrows {
        var firstSeen = ContinuousClock.now
        while true {
            let isWaiting = fill()
            let next = heads.indices.filter { heads[$0] != nil }
                .min { (heads[$0]?.microseconds ?? 0) < (heads[$1]?.microseconds ?? 0) }
            let isOverdue = isFollowing && firstSeen.duration(to: .now) > Self.patience
            if let next, let entry = heads[next], !isWaiting || isOverdue {
                heads[next] = nil
                try take(entry)
                continue
            }
            guard isWaiting else { return }
            let silent = streams.indices.filter { heads[$0] == nil }.map { streams[$0].program }
            LineProgram.wait(for: silent, milliseconds: next == nil || !isFollowing ? -1 : 100)
            if next == nil { firstSeen = .now }
        }
    }

    /// Reads the next event of each program that has none at hand; whether one may still say something.
    private func fill() -> Bool {
        var isWaiting = false
        for (index, stream) in streams.enumerated() where heads[index] == nil {
            reading: while heads[index] == nil {
                switch stream.program.next() {
                case .line(let line): heads[index] = stream.entry(line)
                case .waiting:
                    isWaiting = true
                    break reading
                case .ended: break reading
                }
            }
        }
        return isWaiting
    }
}
