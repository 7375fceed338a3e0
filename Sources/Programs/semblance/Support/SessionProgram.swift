import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A program that is started by its absolute path, without a shell, in a session of its own: what runs as another user than root
/// must not have root's terminal, into which it could type (TIOCSTI). So Ctrl-C does not reach it: see ``stop()``.
final class SessionProgram {
    /// Its process, which leads its session and its group.
    let child: pid_t
    /// What it writes, without waiting (O_NONBLOCK).
    let output: Int32
    private var status: Int32?

    /// - Parameters:
    ///   - words: the program and its arguments.
    ///   - keepsErrors: whether its standard error is read with its output, or goes nowhere.
    ///   - environment: all that it has of one.
    ///   - input, errors: descriptors that it has for standard input and error; nil: nothing, and as `keepsErrors` says.
    /// - Returns: nil where it cannot be started.
    init?(
        _ words: [String],
        keepsErrors: Bool = false,
        environment: [String: String] = ProgramRun.environment,
        input: Int32? = nil,
        errors: Int32? = nil
    ) {
        var ends: [Int32] = [-1, -1]
        guard let program = words.first, pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        if let errors = errors ?? (keepsErrors ? ends[1] : nil) {
            posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What this process's threads have blocked would stay blocked there, SIGTERM among it.
        var nothing = sigset_t()
        sigemptyset(&nothing)
        posix_spawnattr_setsigmask(&attributes, &nothing)
        // POSIX_SPAWN_SETSID, which Swift does not import from glibc.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | 0x80)
        let variables = environment.map { "\($0.key)=\($0.value)" }
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

    /// Ends it and what it has started, whatever they do about it.
    func abandon() {
        guard status == nil else { return }
        kill(-child, SIGKILL)
        _ = exitStatus()
    }

    /// Waits for its end. 128 and more where a signal ended it.
    func exitStatus() -> Int32 { exitStatus(options: 0) ?? 255 }

    /// Waits for its end until then; nil where it goes on.
    func exitStatus(by deadline: ContinuousClock.Instant) -> Int32? {
        while true {
            if let status = exitStatus(options: WNOHANG) { return status }
            guard ContinuousClock.now < deadline else { return nil }
            usleep(2000)
        }
    }

    private func exitStatus(options: Int32) -> Int32? {
        if let status { return status }
        var word: Int32 = 0
        var found: pid_t
        repeat { found = waitpid(child, &word, options) } while found < 0 && errno == EINTR
        guard found != 0 else { return nil }
        let code = found < 0 ? 255 : word & 0x7F == 0 ? (word >> 8) & 0xFF : 128 + word & 0x7F
        status = code
        return code
    }
}
