import ServiceSupport

extension SafeFile.Privacy {
    /// What is asked of the secret file at `path`: that its owner alone may read it; below the service manager's own
    /// directory of credentials, whose access control lists show up as group bits, that the group may at most read.
    static func secret(at path: String) -> SafeFile.Privacy {
        path.hasPrefix("/run/credentials/") && !path.split(separator: "/").contains("..") ? .credential : .secret
    }
}
