import Glibc

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
