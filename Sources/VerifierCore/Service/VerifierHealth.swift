/// Whether the verifier can do its work.
public enum VerifierHealth: Equatable, Sendable {
    /// What a login needs was done: the database was written, durably.
    case ready
    /// The database cannot be written at the moment; the reason may go away (a full disk), and a restart does not help.
    case failing(StoreError)
    /// The open database is no longer the file at its path, or is damaged: only a restart helps, or shows what is wrong.
    case wedged(StoreError)
}
