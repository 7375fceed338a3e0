import Synchronization

/// How long nobody is asked again after a no. A program that asks until somebody presses the key to be rid of the question
/// gets ever fewer chances.
///
/// What is counted is questions that were put and not allowed, silence and those that the asker withdrew included, in a row.
/// The first may have been a slip; after the second the next waits 10 s, then 20, 40 ... at most 5 minutes. A yes, or
/// a quarter of an hour without a question, ends the row. In memory.
final class RefusalBackoff: Sendable {
    /// What the question was about: a site, or a service of this machine.
    struct Matter: Hashable, Sendable {
        let subject: UInt32
        let asker: String
    }

    struct Limits: Sendable {
        /// Refusals that cost nothing.
        var free = 1
        /// Seconds after the first that does.
        var first = 10
        var greatest = 300
        /// Seconds after which a row is forgotten.
        var memory = 900
        var matters = 1024
    }

    private struct Row {
        var refusals: Int
        var last: ContinuousClock.Instant
    }

    private let limits: Limits
    private let rows = Mutex<[Matter: Row]>([:])

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Seconds until the person may be asked again; nil: now.
    func delay(for matter: Matter, at now: ContinuousClock.Instant = .now) -> Int? {
        guard let row = rows.withLock({ $0[matter] }), row.refusals > limits.free else { return nil }
        // 2^20 times the first is beyond any limit, and shifts without overflow.
        let wait = min(limits.greatest, limits.first << min(row.refusals - limits.free - 1, 20))
        let left = .seconds(wait) - row.last.duration(to: now)
        return left > .zero ? Int((left / .seconds(1)).rounded(.up)) : nil
    }

    /// Counts a question that was not allowed.
    func refused(_ matter: Matter, at now: ContinuousClock.Instant = .now) {
        rows.withLock { rows in
            if rows[matter] == nil, rows.count >= limits.matters {
                rows = rows.filter { !isForgotten($0.value, now) }
                // Who fills the table with refusals of his own makes room by his oldest.
                if rows.count >= limits.matters, let oldest = rows.min(by: { $0.value.last < $1.value.last }) {
                    rows[oldest.key] = nil
                }
            }
            let row = rows[matter].flatMap { isForgotten($0, now) ? nil : $0 }
            rows[matter] = Row(refusals: (row?.refusals ?? 0) + 1, last: now)
        }
    }

    func allowed(_ matter: Matter) {
        rows.withLock { $0[matter] = nil }
    }

    private func isForgotten(_ row: Row, _ now: ContinuousClock.Instant) -> Bool {
        row.last.duration(to: now) >= .seconds(limits.memory)
    }
}

extension RefusalBackoff.Matter {
    /// A service whose program runs as root.
    init(subject: UInt32, service: String) {
        self.init(subject: subject, asker: "root's \(service)")
    }

    /// Remote sites choose their purposes themselves, and so do programs of the user's: neither has a row for each, and neither
    /// touches those of root's services.
    init(_ question: ConsentQuestion, subject: UInt32, _ request: Request) {
        if question.origin.isRemote {
            self.init(subject: subject, asker: question.origin.text)
        } else if request.peer == 0 {
            self.init(subject: subject, service: question.purpose)
        } else {
            self.init(subject: subject, asker: "his own")
        }
    }
}
