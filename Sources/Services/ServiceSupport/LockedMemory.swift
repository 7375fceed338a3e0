import Glibc
import Sodium

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
