/// Where the service manager has put a process: what its control group says.
public enum ProcessPlace: Sendable, Equatable {
    /// In the session with that identifier.
    case session(String)
    /// Below the service manager of that user (`user@UID.service`): desktop programs, `systemd-run --user`.
    case userManager(UInt32)
    /// In that unit of the system.
    case service(String)
    /// In no unit that says anything.
    case elsewhere
}
