import CServiceSupport
import Glibc

/// What every program that holds secrets does first.
public enum Hardening {
    /// A step that the kernel refused.
    public struct Failure: Error, Equatable {
        public let step: String
        public let code: Int32
    }

    /// No core dumps, no dump or trace by other processes of the same user, no privileges by exec, files for the owner
    /// only, and no death by SIGPIPE.
    ///
    /// Call it first thing on the main thread: "no privileges by exec" belongs to a thread and is inherited only by the
    /// threads that it starts afterwards.
    public static func apply() throws(Failure) {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        guard setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0 else {
            throw Failure(step: "RLIMIT_CORE", code: errno)
        }
        guard semblance_set_undumpable() == 0 else { throw Failure(step: "PR_SET_DUMPABLE", code: errno) }
        guard semblance_set_no_new_privileges() == 0 else { throw Failure(step: "PR_SET_NO_NEW_PRIVS", code: errno) }
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
    }
}

extension Hardening.Failure: CustomStringConvertible {
    public var description: String { "\(step) failed: \(String(cString: strerror(code)))" }
}
