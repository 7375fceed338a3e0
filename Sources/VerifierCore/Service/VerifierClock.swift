/// Where a verifier reads the time; tests put their own in.
public protocol VerifierClock: Sendable {
    func read() -> ClockReading
}
