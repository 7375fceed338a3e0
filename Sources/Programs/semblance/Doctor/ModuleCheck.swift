import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// What the PAM module would do for a login from here, by its own checks: `pam-semblance-check` is made of its code.
enum ModuleCheck {
    private static let program = "/usr/libexec/semblance/pam-semblance-check"

    /// - Parameter arguments: those that the service's PAM configuration gives the module.
    static func findings(user: String, service: String, arguments: [String]) -> [Finding] {
        guard access(program, X_OK) == 0 else {
            return [Finding("module", ok: false, "\(program) is not installed", hint: "sudo make install")]
        }
        let lines = output(of: [user, service] + arguments)?.split(separator: "\n") ?? []
        let findings = lines.compactMap(finding)
        guard !findings.isEmpty, findings.count == lines.count else {
            return [
                Finding(
                    "module",
                    ok: false,
                    "\(program) gave an answer that makes no sense",
                    hint: "is it of the same version?"
                )
            ]
        }
        return findings
    }

    /// A line of the program's: `ok`, `warn` or `fail`, what was looked at, a colon, what was found.
    static func finding(_ line: Substring) -> Finding? {
        guard let match = line.wholeMatch(of: #/(ok|warn|fail) (\w+): (.+)/#) else { return nil }
        let (mark, check) = (String(match.1), String(match.2))
        return Finding(check, ok: mark != "fail", String(match.3), hint: hint(mark, check))
    }

    private static func hint(_ mark: String, _ check: String) -> String? {
        switch (mark, check) {
        case ("fail", "arguments"): "correct the module's line in the service's file: see pam_semblance(8)"
        case ("fail", "place"): "log in on this machine's screen, and ask from there"
        case ("fail", "question"): "run it in the foreground of a terminal, with that terminal as its input"
        case ("warn", "question"): "run it at a terminal, or keep 'semblance agent' running on one"
        case ("warn", _): "see pam_semblance(8)"
        default: nil
        }
    }

    /// What the program prints. Not by `Process`, which makes its children jobs in the background of the terminal: what is
    /// checked is whether a login from where this program runs would be asked there.
    private static func output(of arguments: [String]) -> String? {
        let pipe = Pipe()
        let (reading, writing) = (pipe.fileHandleForReading, pipe.fileHandleForWriting)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, writing.fileDescriptor, STDOUT_FILENO)
        posix_spawn_file_actions_addclose(&actions, writing.fileDescriptor)
        posix_spawn_file_actions_addclose(&actions, reading.fileDescriptor)
        let words = ([program] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        var child = pid_t()
        let status = posix_spawn(&child, program, &actions, nil, words + [nil], [nil])
        try? writing.close()
        guard status == 0 else { return nil }
        let data = reading.readDataToEndOfFile()
        while waitpid(child, nil, 0) < 0, errno == EINTR {}
        return String(decoding: data, as: UTF8.self)
    }
}
