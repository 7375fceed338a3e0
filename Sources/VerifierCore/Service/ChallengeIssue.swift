/// What was decided about a request for a challenge.
enum ChallengeIssue: Sendable {
    /// A set; of one challenge for anything but a login.
    case issued([[UInt8]])
    case denied(VerifierError)
    /// Not before so many seconds have passed, -1: not before an administrator unlocks.
    case lockedOut(retryAfterSeconds: Int)
}
