extension VarlinkInterface {
    /// `org.varlink.service`, which every service has.
    public static let service = builtIn(PackageResources.org_varlink_service_varlink)
    /// `org.semblance.Sensor`.
    public static let sensor = builtIn(PackageResources.org_semblance_Sensor_varlink)
    /// `org.semblance.Prover`.
    public static let prover = builtIn(PackageResources.org_semblance_Prover_varlink)
    /// `org.semblance.Agent`.
    public static let agent = builtIn(PackageResources.org_semblance_Agent_varlink)
    /// `org.semblance.Verifier`.
    public static let verifier = builtIn(PackageResources.org_semblance_Verifier_varlink)

    private static func builtIn(_ text: [UInt8]) -> VarlinkInterface {
        do {
            return try VarlinkInterface(description: String(decoding: text, as: UTF8.self))
        } catch {
            fatalError("a built-in interface description does not parse: line \(error.line): \(error.reason)")
        }
    }
}
