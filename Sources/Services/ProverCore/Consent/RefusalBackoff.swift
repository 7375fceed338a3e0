import Synchronization

/// How long nobody is asked again after a no. A program that asks until somebody presses the key to be rid of the question
/// gets ever fewer chances.
///
/// What is counted is questions in a row. Each counts as refused from when it is put, so that who ends the asker, or asks
/// several times at once, gains nothing; a yes ends the row, and an answer that is neither yes nor no takes its question back.
/// The first may have been a slip; after the second the next waits 10 s, then 20, 40 ... at most 5 minutes. A quarter of an
/// hour without a question ends the row as well. In memory.
final class RefusalBackoff: Sendable {
    /// What the question was about: a site, or a service of this machine.
    struct Matter: Hashable, Sendable {
        let subject: UInt32
        let asker: String
        /// The user whose program has one of root's ask; nil where it does not say, or is not root's.
        var user: UInt32?
        /// Whether it is one of root's services, whose names are not the asker's to choose.
        var isRoots = false

        /// All that whoever causes this question can cause alike.
        fileprivate var family: Matter { Matter(subject: subject, asker: "", user: user, isRoots: isRoots) }
    }

    struct Limits: Sendable {
        /// Refusals that cost nothing.
        var free = 1
        /// Seconds after the first that does.
        var first = 10
        var greatest = 300
        /// Seconds after which a row is forgotten.
        var memory = 900
        /// Seconds for which a question that was put keeps out others at the terminal, unless it is answered before.
        var alone = 5
        var matters = 1024
        /// Of one person, and of who asks him.
        var mattersOfFamily = 64
    }

    /// A question of which nobody has said yet what became of it.
    private struct Question {
        let pid: Int32
        let time: ContinuousClock.Instant
    }

    private struct Row {
        var refusals = 0
        var lastRefusal: ContinuousClock.Instant?
        var open: [Question] = []

        var count: Int { refusals + open.count }
        /// Nil if nothing is counted.
        var last: ContinuousClock.Instant? {
            [lastRefusal, open.map(\.time).max()].compactMap { $0 }.max()
        }
    }

    /// More open questions than that are not told from each other: they are refusals.
    private static let openQuestions = 16

    private let limits: Limits
    private let rows = Mutex<[Matter: Row]>([:])

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Seconds until the person may be asked again; nil: now.
    func delay(for matter: Matter, at now: ContinuousClock.Instant = .now) -> Int? {
        rows.withLock { $0[matter].flatMap { delay($0, now) } }
    }

    /// The same of a question at the terminal: while one waits there, no other may.
    func delayAtTerminal(for matter: Matter, at now: ContinuousClock.Instant = .now) -> Int? {
        rows.withLock { $0[matter].flatMap { delayAtTerminal($0, now) } }
    }

    /// Counts a question of that process as refused, until it is said what became of it.
    ///
    /// - Returns: nil; where the person may not be asked yet, for how many seconds, and nothing is counted.
    func put(
        _ matter: Matter,
        by pid: Int32,
        atTerminal: Bool,
        at now: ContinuousClock.Instant = .now
    ) -> Int? {
        rows.withLock { rows in
            let wait = rows[matter].flatMap { atTerminal ? delayAtTerminal($0, now) : delay($0, now) }
            if let wait { return wait }
            change(&rows, matter, now) { row in
                row.open.append(Question(pid: pid, time: now))
                if row.open.count > Self.openQuestions {
                    let oldest = row.open.removeFirst()
                    row.refusals += 1
                    row.lastRefusal = [row.lastRefusal, oldest.time].compactMap { $0 }.max()
                }
            }
            return nil
        }
    }

    /// A question was refused: that process's own, which is counted once, or another.
    func refused(_ matter: Matter, by pid: Int32? = nil, at now: ContinuousClock.Instant = .now) {
        rows.withLock { rows in
            change(&rows, matter, now) { row in
                Self.close(&row, pid)
                row.refusals += 1
                row.lastRefusal = now
            }
        }
    }

    /// Takes that process's latest open question back: it was answered, and not by a no, or was not put after all.
    func withdraw(_ matter: Matter, by pid: Int32) {
        rows.withLock { rows in
            guard var row = rows[matter] else { return }
            Self.close(&row, pid)
            rows[matter] = row.count == 0 ? nil : row
        }
    }

    func allowed(_ matter: Matter) {
        rows.withLock { $0[matter] = nil }
    }

    // MARK: Rows

    private func delay(_ row: Row, _ now: ContinuousClock.Instant) -> Int? {
        guard row.count > limits.free, let last = row.last else { return nil }
        // 2^20 times the first is beyond any limit, and shifts without overflow.
        let wait = min(limits.greatest, limits.first << min(row.count - limits.free - 1, 20))
        return seconds(wait, after: last, now)
    }

    private func delayAtTerminal(_ row: Row, _ now: ContinuousClock.Instant) -> Int? {
        let open = row.open.map(\.time).max().flatMap { seconds(limits.alone, after: $0, now) }
        return [delay(row, now), open].compactMap { $0 }.max()
    }

    /// What is left of a wait; nil if nothing is.
    private func seconds(_ wait: Int, after last: ContinuousClock.Instant, _ now: ContinuousClock.Instant) -> Int? {
        let left = .seconds(wait) - last.duration(to: now)
        return left > .zero ? Int((left / .seconds(1)).rounded(.up)) : nil
    }

    private static func close(_ row: inout Row, _ pid: Int32?) {
        if let index = row.open.lastIndex(where: { $0.pid == pid }) { row.open.remove(at: index) }
    }

    /// Changes the matter's row; an empty one where there is none, or it is forgotten.
    private func change(
        _ rows: inout [Matter: Row],
        _ matter: Matter,
        _ now: ContinuousClock.Instant,
        _ body: (inout Row) -> Void
    ) {
        if rows[matter] == nil { makeRoom(&rows, for: matter, now) }
        var row = rows[matter].flatMap { isForgotten($0, now) ? nil : $0 } ?? Row()
        body(&row)
        rows[matter] = row
    }

    /// Who fills the table makes room by his own oldest row: first for himself, then for the others.
    private func makeRoom(_ rows: inout [Matter: Row], for matter: Matter, _ now: ContinuousClock.Instant) {
        let ofFamily = rows.keys.count { $0.family == matter.family }
        guard rows.count >= limits.matters || ofFamily >= limits.mattersOfFamily else { return }
        rows = rows.filter { !isForgotten($0.value, now) }
        let families = Dictionary(grouping: rows.keys, by: \.family)
        if (families[matter.family]?.count ?? 0) >= limits.mattersOfFamily {
            removeOldest(&rows, of: families[matter.family] ?? [])
        } else if rows.count >= limits.matters {
            removeOldest(&rows, of: families.values.max { $0.count < $1.count } ?? [])
        }
    }

    private func removeOldest(_ rows: inout [Matter: Row], of matters: [Matter]) {
        let oldest = matters.compactMap { matter in rows[matter]?.last.map { (matter, $0) } }.min { $0.1 < $1.1 }
        if let oldest { rows[oldest.0] = nil }
    }

    private func isForgotten(_ row: Row, _ now: ContinuousClock.Instant) -> Bool {
        guard let last = row.last else { return true }
        return last.duration(to: now) >= .seconds(limits.memory)
    }
}

extension RefusalBackoff.Matter {
    /// A service whose program runs as root, and whose program has it ask: what one user makes su ask about an account is not
    /// counted against another.
    init(subject: UInt32, service: String, user: UInt32? = nil) {
        self.init(subject: subject, asker: service, user: user, isRoots: true)
    }

    /// Remote sites choose their purposes themselves, and so do programs of the user's: neither has a row for each, and neither
    /// touches those of root's services.
    init(_ question: ConsentQuestion, subject: UInt32, _ request: Request) {
        if question.origin.isRemote {
            self.init(subject: subject, asker: question.origin.text)
        } else if request.peer == 0 {
            self.init(subject: subject, service: question.purpose, user: request.asker)
        } else {
            self.init(subject: subject, asker: "his own")
        }
    }
}
