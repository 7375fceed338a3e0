import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A program that is read line by line, without ever waiting for more than is asked for.
final class LineProgram {
    enum State {
        case line(Data)
        /// Nothing yet.
        case waiting
        case ended
    }

    /// Longer lines are passed over: no event is as long.
    private static let longestLine = 1 << 18

    private let program: SessionProgram
    private var buffer = Data()
    private var isPassingOver = false
    private var hasEnded = false

    /// - Parameter words: the program and its arguments.
    /// - Returns: nil where it cannot be started.
    init?(_ words: [String]) {
        guard let program = SessionProgram(words) else { return nil }
        self.program = program
    }

    /// Its process.
    var child: pid_t { program.child }

    /// Waits for its end. 128 and more where a signal ended it.
    func exitStatus() -> Int32 { program.exitStatus() }

    /// The next line, without its end.
    func next() -> State {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                let line = buffer[buffer.startIndex..<end]
                buffer.removeSubrange(...end)
                if isPassingOver { isPassingOver = false } else { return .line(Data(line)) }
                continue
            }
            if buffer.count > Self.longestLine {
                isPassingOver = true
                buffer.removeAll(keepingCapacity: true)
            }
            if hasEnded { return .ended }
            guard fill() else { return .waiting }
        }
    }

    /// All lines to its end, as text; for programs that say little.
    func remainder() -> [String] {
        var lines: [String] = []
        while true {
            switch next() {
            case .line(let line): lines.append(String(decoding: line, as: UTF8.self))
            case .waiting: Self.wait(for: [self], milliseconds: -1)
            case .ended: return lines
            }
        }
    }

    /// Whether there was something to read, or its end.
    private func fill() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(program.output, &bytes, bytes.count)
            if count > 0 {
                buffer.append(contentsOf: bytes[..<count])
                return true
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return false }
            hasEnded = true
            return true
        }
    }

    /// Waits until one of them has something to say, or for so long.
    static func wait(for programs: [LineProgram], milliseconds: Int32) {
        var descriptors = programs.filter { !$0.hasEnded }.map {
            pollfd(fd: $0.program.output, events: Int16(POLLIN), revents: 0)
        }
        _ = poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    }
}
