/// What there is to know about processes, sessions and seats.
protocol SessionDirectory: Sendable {
    /// Whether there is anybody who knows: without logind nobody does.
    var isAvailable: Bool { get }

    func place(ofProcess pid: Int32) throws(PresenceRefusal) -> ProcessPlace

    /// The virtual terminal that controls the process, if that is the one in front now.
    func isOnFrontConsole(_ pid: Int32) -> Bool

    func session(_ identifier: String) throws(PresenceRefusal) -> LoginSession

    /// Everybody's sessions.
    func sessions() throws(PresenceRefusal) -> [LoginSession]

    /// All sessions of a user, those that are being closed included.
    func sessions(ofUser uid: UInt32) throws(PresenceRefusal) -> [LoginSession]

    /// The session in front on a seat; nil if there is none.
    func frontSession(ofSeat seat: String) throws(PresenceRefusal) -> LoginSession?
}
