/// The exit codes of `semblance`, and by their names the codes of `--json`. They are a contract: scripts and tests rely on
/// them (semblance(1)).
enum ExitStatus: Int32 {
    case success = 0
    /// The sample does not match, or the verifier refused.
    case refused = 1
    /// The user has no such enrolment, or already has it.
    case enrolment = 3
    /// Too many failures; wait or use another way in.
    case lockedOut = 4
    /// A daemon is not running, cannot be reached, or cannot be trusted.
    case unavailable = 5
    /// No sensor, no usable sample, or others are using the sensor.
    case sensor = 6
    /// The caller may not do this.
    case notPermitted = 7
    /// A file (image, model, proof) is not what it should be.
    case badInput = 8
    /// A remote verifier has too much to do, or too many requests came from this address; try again later.
    case busy = 9
    /// Something else went wrong.
    case failure = 70
}
