import CServiceSupport
import Glibc

/// What every program makes sure of before anything else.
public enum ProgramStart {
    /// Ends the program where its arguments are not what it was started with: one line on standard error, exit status 70.
    ///
    /// Swift reads them from /proc. Without it (chroot(2), `RootDirectory=`) they are silently none, and a program would
    /// run with defaults instead of what the administrator wrote.
    public static func checkArgumentsOrExit(program: String) {
        guard argumentCount == 0 || CommandLine.arguments.count != argumentCount else { return }
        let message = "\(program): cannot read its arguments; is /proc mounted?\n"
        _ = message.utf8.withContiguousStorageIfAvailable { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        exit(70)
    }

    /// How many there were, by the C library's word.
    static var argumentCount: Int { Int(semblance_argument_count()) }
}
