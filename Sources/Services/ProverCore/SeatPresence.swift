import Presence
import Varlink

/// Who counts as being in front of a sensor: each is at a seat, and the rule is about that seat.
public struct SeatPresence: Sendable {
    private let policy: @Sendable (_ seat: String) -> PresencePolicy

    public init(_ policy: @escaping @Sendable (_ seat: String) -> PresencePolicy) {
        self.policy = policy
    }

    /// The same rule at every seat.
    public init(everywhere policy: PresencePolicy) {
        self.init { _ in policy }
    }

    /// The user who is answerable for the request; see `PresencePolicy`.
    func check(
        _ caller: PeerCredentials,
        _ subject: UInt32,
        at seat: String
    ) throws(PresenceRefusal) -> UInt32 {
        try policy(seat).check(caller, subject)
    }

    /// Whether a caller is himself at one of the seats; throws why he is not at the first.
    func admits(_ caller: PeerCredentials, at seats: [String]) throws(PresenceRefusal) {
        var (seen, refusal): (Set<String>, PresenceRefusal?) = ([], nil)
        for seat in seats where seen.insert(seat).inserted {
            do {
                _ = try check(caller, caller.uid, at: seat)
                return
            } catch {
                refusal = refusal ?? error
            }
        }
        throw refusal ?? .otherSeat
    }
}
