/// The release that all programs are of.
public enum Release {
    public static let version = "0.2.0"
}
