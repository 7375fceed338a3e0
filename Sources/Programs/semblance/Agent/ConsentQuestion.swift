import ServiceSupport
import Varlink

/// A question of semblanced to an agent.
struct ConsentQuestion: Sendable, Equatable {
    let id: String
    /// 0: it waits no longer.
    let seconds: Int
    var audience = ""
    var origin = ""
    var purpose = ""
    var role = ""
    var subject = ""
    var presented = ""
    var caller = ""

    /// Nil for a reply that is none: the first one, which says that the agent attends.
    init?(_ reply: Parameters) {
        func text(_ name: String) -> String { ((try? reply.optionalString(name)) ?? nil) ?? "" }
        guard case .string(let id)? = reply.values["id"], let seconds = try? reply.integer("seconds") else {
            return nil
        }
        self.id = id
        self.seconds = Int(clamping: min(max(seconds, 0), 3600))
        audience = text("audience")
        origin = text("origin")
        purpose = text("purpose")
        role = text("role")
        subject = text("subject")
        presented = text("presented")
        caller = text("caller")
    }

    /// What a person is shown: who asks, for what, and which fingers or face.
    var lines: [String] {
        let place = origin.isEmpty ? audience : "\(origin) (\(audience))"
        let what =
            switch role {
            case "enrol": "to enrol \(subject) there"
            case "reblind", "refresh", "upgrade": "to renew \(subject)'s enrolment there"
            default: "to log \(subject) in, for \"\(purpose)\""
            }
        return ["\(place)", "asks for \(presented) \(what); asked by \(asker)."]
    }

    /// Helpers of root's ask for whoever called them, and may say for whom.
    private var asker: String {
        guard let match = caller.wholeMatch(of: #/(pid \d+) of user 0(?: for user (\d+))?/#) else { return caller }
        guard let user = match.2 else { return "root's \(match.1), maybe for somebody else" }
        let name = UInt32(user).flatMap(UserName.name(of:)) ?? "user \(user)"
        return "root's \(match.1), for a program of \(name)'s"
    }

    /// Whether the process with this pid asks.
    func isAsked(by pid: Int32) -> Bool { caller.hasPrefix("pid \(pid) ") }
}
