import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A program that is started by its absolute path and read line by line, without ever waiting for more than is asked for.
final class LineProgram {
    enum State {
        case line(Data)
        /// Nothing yet.
        case waiting
        case ended
    }

    /// Longer lines are passed over: no event is as long.
    private static let longestLine = 1 << 18

    /// Its process.
    let child: pid_t
    private let output: Int32
    private var buffer = Data()
    private var isPassingOver = false
    private var hasEnded = false
    private var status: Int32?

    /// - Parameter words: the program and its arguments. It is in a session of its own: what runs as another user than root must not
    ///   have root's terminal, into which it could type (TIOCSTI). So Ctrl-C does not reach it: see ``stop()``.
    /// - Returns: nil where it cannot be started.
    init?(_ words: [String]) {
        var ends: [Int32] = [-1, -1]
        guard let program = words.first, pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What this process's threads have blocked would stay blocked there, SIGTERM among it.
        var nothing = sigset_t()
        sigemptyset(&nothing)
        posix_spawnattr_setsigmask(&attributes, &nothing)
        // POSIX_SPAWN_SETSID, which Swift does not import from glibc.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | 0x80)
        let variables = ProgramRun.environment.map { "\($0.key)=\($0.value)" }
        let (arguments, environment) = (words.map { strdup($0) } + [nil], variables.map { strdup($0) } + [nil])
        defer { for word in arguments + environment { free(word) } }
        var child = pid_t()
        let status = posix_spawn(&child, program, &actions, &attributes, arguments, environment)
        close(ends[1])
        guard status == 0 else {
            close(ends[0])
            return nil
        }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        (self.child, output) = (child, ends[0])
    }

    deinit {
        stop()
        close(output)
    }

    /// Ends it where it goes on.
    func stop() {
        guard status == nil else { return }
        kill(child, SIGTERM)
        _ = exitStatus()
    }

    /// Waits for its end. 128 and more where a signal ended it.
    func exitStatus() -> Int32 {
        if let status { return status }
        var word: Int32 = 0
        while waitpid(child, &word, 0) < 0 {
            guard errno == EINTR else { return 255 }
        }
        let code = word & 0x7F == 0 ? (word >> 8) & 0xFF : 128 + word & 0x7F
        status = code
        return code
    }

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
            let count = read(output, &bytes, bytes.count)
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
            pollfd(fd: $0.output, events: Int16(POLLIN), revents: 0)
        }
        _ = poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    }
}
