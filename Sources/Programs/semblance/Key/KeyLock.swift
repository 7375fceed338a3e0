import Glibc

/// One command at a time moves the key; and no memory of one is dumped.
enum KeyLock {
    private static let path = "/run/semblance-key.lock"

    /// Held until this process ends.
    static func take() throws {
        try VaultKeyPlace.checkRoot()
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw CommandFailure(.busy, "another 'semblance key' is at work", hint: "try again when it has ended")
        }
    }
}
