/// A variable of a constraint system. Indices are handed out by the system; a made-up one is refused when proving or
/// verifying (``BulletproofError/unknownVariable``).
public enum Variable: Hashable, Sendable {
    /// The value behind the `i`-th external commitment.
    case committed(Int)
    /// The left input of a multiplication gate.
    case left(Int)
    /// The right input of a multiplication gate.
    case right(Int)
    /// The output of a multiplication gate.
    case output(Int)
    /// The constant 1.
    case constantOne
}
