/// What a verified proof establishes. Which sensors are believed is for who verifies to say.
public enum Verdict: String, Sendable {
    /// A sensor signed, for this very challenge, the commitment that the proof starts from.
    case biometric
    /// The prover holds an opening of the template and a matching embedding; no sensor vouches for a capture.
    case possession
}
