import Glibc
import ServiceSupport
import VerifierCore

/// Root does not trust files of the service's user, and should not: commands run as that user.
enum ServiceUserHint {
    /// The error, with the way out where root met a file of another user.
    static func added(to error: any Error) -> any Error {
        guard geteuid() == 0, case .wrongOwner(_, let uid)? = fileError(error), let user = UserName.name(of: uid) else {
            return error
        }
        return ProgramFailure("\(error)\nhint: run it as that user: runuser -u \(user) -- semblance-verifier ...")
    }

    private static func fileError(_ error: any Error) -> FileError? {
        if let error = error as? FileError { return error }
        if case .file(let error)? = error as? StoreError { return error }
        if case .file(let error)? = error as? ConfigurationError { return error }
        return nil
    }
}
