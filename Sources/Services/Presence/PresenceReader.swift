import Varlink

/// Reads what the rule looks at, and believes what a pid led to only when the process still lived after the reading.
struct PresenceReader: Sendable {
    let directory: any SessionDirectory
    let seat: String

    func facts(of caller: PeerCredentials, subject: UInt32) throws(PresenceRefusal) -> PresenceFacts {
        guard directory.isAvailable else { throw .noLogind }
        guard let process = caller.process else { throw .callerGone }
        let place = try directory.place(ofProcess: process.pid)
        let isOnFrontConsole = seat == "seat0" && directory.isOnFrontConsole(process.pid)
        guard process.isAlive else { throw .callerGone }
        return PresenceFacts(
            caller: caller.uid,
            origin: try origin(place),
            isOnFrontConsole: isOnFrontConsole,
            seat: seat,
            front: try directory.frontSession(ofSeat: seat),
            greeters: try directory.sessions().filter { $0.kind == .greeter || $0.kind == .lockScreen },
            subjectSessions: try directory.sessions(ofUser: subject)
        )
    }

    private func origin(_ place: ProcessPlace) throws(PresenceRefusal) -> PresenceFacts.Origin {
        switch place {
        case .session(let identifier): .session(try directory.session(identifier))
        case .userManager(let owner): .userManager(owner: owner, sessions: try directory.sessions(ofUser: owner))
        case .service(let unit): .service(unit)
        case .elsewhere: .elsewhere
        }
    }
}
