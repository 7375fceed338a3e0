import Devices
import Sodium

/// Who waits for a finger: says when a picture is wanted, and gets it, or what is wrong.
package protocol TouchDesk: LookDesk where Fault == ReaderFault {
    func give(_ picture: ReaderPicture)
}

/// Looks through a reader on the thread that calls it, from opening to closing: before and after, other programs have it.
package struct ReaderLook: Sendable {
    /// How long a fault that may pass is waited for. Of a reader that has not been seen yet less is hoped.
    package static let patience = Duration.seconds(4)
    /// What a driver may take for a step that waits for nobody, and to give up one that does. libfprint looks for minutiae in
    /// each picture before it lets go of it, which of a large one takes seconds.
    static let stepLimit = Duration.seconds(8)
    /// A finger that lies for longer after its picture was taken is to be lifted.
    static let lying = Duration.milliseconds(700)
    /// Pictures: no two touches give the same one.
    package static let remembered = 256
    private static let beat = 50
    private static let pause = 250

    private let choice: ReaderChoice
    private let system: any ReaderSystem
    private let patience: Duration

    package init(_ choice: ReaderChoice, system: any ReaderSystem, patience: Duration = patience) {
        (self.choice, self.system, self.patience) = (choice, system, patience)
    }

    /// Ends when the desk says so, or after it was told a fault.
    ///
    /// - Parameter memory: what earlier looks have seen.
    package func look(for desk: some TouchDesk, _ memory: inout FrameMemory) {
        desk.keepLooking(&memory, patience: patience, pauseMilliseconds: UInt32(Self.pause)) {
            memory,
            onPicture throws(ReaderFault) in
            try lookOnce(for: desk, &memory, onPicture: onPicture)
        }
    }

    /// - Parameter onPicture: called at each.
    private func lookOnce(
        for desk: some TouchDesk,
        _ memory: inout FrameMemory,
        onPicture: () -> Void
    ) throws(ReaderFault) {
        let session = try ReaderSession(choice, system, beat: desk.beat)
        defer { session.end() }
        try session.open()
        if session.reader.isSwipe { desk.advise(.swipe) }
        while !desk.isOver {
            desk.beat()
            guard desk.isWanted else {
                session.rest(milliseconds: Self.beat)
                continue
            }
            guard let picture = try capture(session, desk) else { continue }
            guard !memory.add(Hash.blake2b(picture.image.pixels)) else { throw .recording }
            onPicture()
            desk.give(picture)
        }
    }

    /// - Returns: nil where the look has ended, or the person has to try again.
    private func capture(_ session: ReaderSession, _ desk: some TouchDesk) throws(ReaderFault) -> ReaderPicture? {
        var lyingSince: ContinuousClock.Instant?
        let fault = try session.run(.capture) { visit in
            if desk.isOver { return false }
            let since = visit.isFingerToLift ? lyingSince ?? .now : nil
            lyingSince = since
            if let since, ContinuousClock.now - since > Self.lying { desk.advise(.lift) }
            return true
        }
        guard let fault else { return try session.picture() }
        guard fault != .cancelled else { return nil }
        guard let words = ReaderFault(fault, product: session.reader.product) else { return nil }
        guard words.isPersonal else { throw words }
        desk.advise(words)
        // A reader that says so without end is not asked without end.
        session.rest(milliseconds: Self.pause)
        return nil
    }
}
