/// Bounds on the work that peers can cause.
public struct ServiceLimits: Sendable {
    /// The longest proof that is looked at, in bytes.
    public var maximumProofBytes: Int
    /// Proofs verified at the same time.
    public var concurrentVerifications: Int
    /// Proofs that may wait for their turn; more are answered `busy`.
    public var queuedVerifications: Int
    /// Unanswered challenges of local and, counted apart, of remote clients.
    public var outstandingChallenges: Int
    /// Unanswered enrolment challenges per subject.
    public var outstandingEnrolmentsPerSubject: Int
    /// Refusals are answered at the next multiple of this many milliseconds after the request, whatever the reason.
    public var refusalQuantumMilliseconds: Int

    public init(
        maximumProofBytes: Int = 720 << 10,
        concurrentVerifications: Int = 2,
        queuedVerifications: Int = 32,
        outstandingChallenges: Int = 10_000,
        outstandingEnrolmentsPerSubject: Int = 8,
        refusalQuantumMilliseconds: Int = 250
    ) {
        self.maximumProofBytes = maximumProofBytes
        self.concurrentVerifications = concurrentVerifications
        self.queuedVerifications = queuedVerifications
        self.outstandingChallenges = outstandingChallenges
        self.outstandingEnrolmentsPerSubject = outstandingEnrolmentsPerSubject
        self.refusalQuantumMilliseconds = refusalQuantumMilliseconds
    }
}
