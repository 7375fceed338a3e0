/// What `semblanced --check-key` says by its exit status.
public enum KeyCheckStatus: Int32 {
    case opens = 0
    /// Not 1, with which programs end that fail.
    case wrong = 3
    case noVault = 4

    public static let flag = "--check-key"
}
