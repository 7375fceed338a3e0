/// Bounds on the work that peers can cause.
public struct ServiceLimits: Sendable {
    /// The longest proof that is looked at, in bytes.
    public var maximumProofBytes: Int
    /// Proofs verified at the same time.
    public var concurrentVerifications: Int
    /// Proofs that may wait for their turn; more are answered `busy`.
    public var queuedVerifications: Int
    /// Refusals are answered at the next multiple of this many milliseconds after the request, whatever the reason.
    public var refusalQuantumMilliseconds: Int
    /// Lines of the audit table go when they are older, in days, or when their class has too many.
    public var auditRetentionDays: Int

    public init(
        maximumProofBytes: Int = 720 << 10,
        concurrentVerifications: Int = 2,
        queuedVerifications: Int = 32,
        refusalQuantumMilliseconds: Int = 250,
        auditRetentionDays: Int = 400
    ) {
        self.maximumProofBytes = maximumProofBytes
        self.concurrentVerifications = concurrentVerifications
        self.queuedVerifications = queuedVerifications
        self.refusalQuantumMilliseconds = refusalQuantumMilliseconds
        self.auditRetentionDays = auditRetentionDays
    }
}
