/// What a verified login proof shows.
public enum LoginVerdict: String, Sendable {
    /// A believed sensor signed what the proof starts from.
    case biometric
    /// The prover holds the template; nothing says that a live sample was involved.
    case possession
}
