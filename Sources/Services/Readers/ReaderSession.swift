/// One reader, found by its name, from opening to closing.
final class ReaderSession {
    /// How long a driver is let work before it is looked what else there is.
    private static let slice = 50

    let reader: ReaderDescription
    private let choice: ReaderChoice
    private let index: Int
    private let visit: any ReaderVisit
    private let beat: () -> Void
    private var isOpen = false
    /// Whether every step that was begun has ended.
    private var isOver = true

    init(_ choice: ReaderChoice, _ system: any ReaderSystem, beat: @escaping () -> Void) throws(ReaderFault) {
        let visit = try system.visit()
        do {
            index = try choice.index(among: visit.readers)
        } catch {
            visit.leave(isOver: true)
            throw error
        }
        (self.choice, self.visit, self.beat) = (choice, visit, beat)
        reader = visit.readers[index]
    }

    func open() throws(ReaderFault) {
        guard let error = try run(.open(index: index), until: .now + ReaderLook.stepLimit) else {
            isOpen = true
            return
        }
        throw ReaderFault(error, product: reader.product) ?? .silent
    }

    func rest(milliseconds: Int) { visit.rest(milliseconds: milliseconds) }

    func picture() throws(ReaderFault) -> ReaderPicture { try ReaderPicture(visit.picture(), choice) }

    /// Closes what is open. A driver that does not let go of a step keeps what it uses.
    func end() {
        if isOpen, isOver { _ = try? run(.close, until: .now + ReaderLook.stepLimit) }
        visit.leave(isOver: isOver)
    }

    /// - Parameter goesOn: asked between the driver's slices; false ends the step early.
    /// - Returns: how it failed.
    func run(
        _ step: ReaderStep,
        until limit: ContinuousClock.Instant? = nil,
        while goesOn: (any ReaderVisit) -> Bool = { _ in true }
    ) throws(ReaderFault) -> ReaderError? {
        var limit = limit
        var isCancelled = false
        isOver = false
        visit.begin(step)
        while !visit.work(milliseconds: Self.slice) {
            if !isCancelled, !goesOn(visit) {
                isCancelled = true
                visit.cancel()
                limit = .now + ReaderLook.stepLimit
            }
            if let limit, ContinuousClock.now > limit { throw .silent }
            beat()
        }
        isOver = true
        do {
            try visit.outcome()
            return nil
        } catch {
            return error
        }
    }
}
