import CServiceSupport
import Glibc
import Sodium

/// What every program that holds secrets does first.
public enum Hardening {
    /// A step that the kernel refused.
    public struct Failure: Error, Equatable {
        /// The limit or option that was to be set, as prctl(2) and setrlimit(2) name it.
        public let step: String
        /// The system's error number.
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

extension Hardening {
    /// ``apply()`` as a program's first step; where the kernel refuses, one line on standard error and exit status 1.
    ///
    /// On the main actor, so that it runs on the main thread while there is no other: "no privileges by exec" belongs
    /// to a thread and is inherited by the threads that it starts.
    @MainActor
    public static func applyOrExit(program: String) {
        do {
            try apply()
        } catch {
            let message = "\(program): \(error)\n"
            _ = message.utf8.withContiguousStorageIfAvailable { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            exit(1)
        }
    }
}

extension Hardening {
    /// Gives up root for good, with its groups, in all threads.
    ///
    /// - Throws: where there is no such account, which is not root's, or the kernel refuses.
    public static func leaveRoot(for account: String) throws(ProgramFailure) {
        guard let uid = UserName.uid(ofAccount: account), uid != 0, let gid = UserName.group(ofAccount: account) else {
            throw ProgramFailure(
                "there is no user \(account), as whom this is to run\nhint: systemd-sysusers; or run it as another user than root"
            )
        }
        guard initgroups(account, gid) == 0, setgid(gid) == 0, setuid(uid) == 0, setuid(0) != 0, geteuid() == uid else {
            throw ProgramFailure("cannot become the user \(account): \(String(cString: strerror(errno)))")
        }
    }
}

/// Whether secrets can be kept from the swap space.
public enum LockedMemory {
    /// What a program's keys and openings take at most, in bytes; each has pages of its own.
    public static let wantedByteCount = 1 << 16

    /// In words, when that much memory cannot be locked: secrets may then be written to swap. Tries it.
    public static var warning: String? {
        guard !Sodium.canLock(wantedByteCount) else { return nil }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit)
        return "memory cannot be locked (RLIMIT_MEMLOCK is \(limit.rlim_cur) bytes, \(wantedByteCount) are wanted): "
            + "secrets may reach the swap space"
    }
}

/// How many files and sockets this process may have open at a time (RLIMIT_NOFILE).
public enum DescriptorLimit {
    /// Raises the soft limit to `count` as far as the hard limit allows, never lowers it, and returns the soft limit.
    public static func raise(to count: Int) -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limits = rlimit()
        guard getrlimit(resource, &limits) == 0 else { return 0 }
        let wanted = min(rlim_t(clamping: count), limits.rlim_max)
        if limits.rlim_cur < wanted {
            var raised = rlimit(rlim_cur: wanted, rlim_max: limits.rlim_max)
            if setrlimit(resource, &raised) == 0 { limits.rlim_cur = wanted }
        }
        return Int(clamping: limits.rlim_cur)
    }

    /// What of `wanted` fits into `available` descriptors: all of it, or the same part of each.
    ///
    /// - Parameters:
    ///   - wanted: descriptors for the connections of each service.
    ///   - reserve: descriptors for everything else.
    public static func share(_ available: Int, wanted: [Int], reserve: Int) -> [Int] {
        let total = wanted.reduce(0, +)
        let left = max(0, available - reserve)
        return total <= left ? wanted : wanted.map { $0 * left / total }
    }
}
