/// Whether an enrolment serves for logging in.
public enum EnrolmentState: String, Sendable {
    case active
    case revoked
}
