import ServiceSupport
import Varlink

/// Who called a method on the bus.
struct BusCaller: Sendable {
    /// The connection's unique name, such as `:1.42`.
    let name: String
    /// The effective user who made the connection, by the bus's word.
    let uid: UInt32
    /// The process that made it, held by a pidfd: as long as it lives, nobody else has got its pid.
    let process: PeerProcess

    /// Asks the bus who `name` is. The pid that it says is from when the connection was made, so it is asked again once the
    /// process is held: the connection is still there then, and the process most likely is the one that made it (limitations.md).
    ///
    /// - Returns: nil where the caller has gone.
    init?(_ name: String, on bus: MessageBus) {
        guard let told = bus.caller(name), let process = PeerProcess(pid: told.pid), let again = bus.caller(name),
            again == told, process.isAlive
        else { return nil }
        self.name = name
        self.uid = told.uid
        self.process = process
    }

    /// The account that a method is about: the caller's own, or for root any.
    ///
    /// - Parameter username: as the interface has it; empty: the caller's own.
    func subject(_ username: String) throws(FprintError) -> String {
        let own = UserName.name(of: uid)
        guard !username.isEmpty else {
            guard let own else { throw FprintError(.permissionDenied, "user \(uid) has no account here") }
            return own
        }
        // As fprintd does by default: other people's fingers are root's.
        guard uid == 0 || username == own else {
            throw FprintError(.permissionDenied, "only root may ask about another account")
        }
        guard UserName.uid(ofAccount: username) != nil else {
            throw FprintError(.permissionDenied, "there is no account of that name")
        }
        return username
    }
}
