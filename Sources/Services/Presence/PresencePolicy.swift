import Varlink

/// Decides whether somebody is in front of the sensor when a process asks for a capture.
public struct PresencePolicy: Sendable {
    /// - Parameters:
    ///   - caller: of the connection, with its process.
    ///   - subject: the uid of the account whose face or finger is asked for.
    /// - Returns: the user who is answerable for the request: the session's, else the caller, for root the subject.
    public let check: @Sendable (_ caller: PeerCredentials, _ subject: UInt32) throws(PresenceRefusal) -> UInt32

    public init(
        check: @escaping @Sendable (_ caller: PeerCredentials, _ subject: UInt32) throws(PresenceRefusal) -> UInt32
    ) {
        self.check = check
    }

    /// Everybody may ask from everywhere: for machines without logind.
    public static let none = PresencePolicy { caller, subject in caller.uid == 0 ? subject : caller.uid }

    /// Demands an active local session on the sensor's seat, as logind tells it.
    ///
    /// - Parameters:
    ///   - seat: the sensor's, for example `seat0`.
    ///   - displayManagers: units that may ask while a login screen is in front, besides the known ones.
    public static func session(seat: String, displayManagers: Set<String> = []) -> PresencePolicy {
        session(seat: seat, displayManagers: displayManagers, directory: LogindSessions())
    }

    static func session(
        seat: String,
        displayManagers: Set<String>,
        directory: any SessionDirectory
    ) -> PresencePolicy {
        let rule = PresenceRule(displayManagers: displayManagers)
        let reader = PresenceReader(directory: directory, seat: seat)
        return PresencePolicy { caller, subject throws(PresenceRefusal) in
            let facts = try reader.facts(of: caller, subject: subject)
            if let refusal = rule.refusal(facts) { throw refusal }
            return facts.answerable(subject: subject)
        }
    }
}

extension PresenceFacts {
    func answerable(subject: UInt32) -> UInt32 {
        switch origin {
        case .session(let session): session.uid
        case .userManager(let owner, _): owner
        case .service, .elsewhere: caller == 0 ? subject : caller
        }
    }
}
