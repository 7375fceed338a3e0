import Varlink

extension VarlinkInterface {
    /// `org.semblance.Sensor`.
    public static let sensor = builtIn(PackageResources.org_semblance_Sensor_varlink)
    /// `org.semblance.Prover`.
    public static let prover = builtIn(PackageResources.org_semblance_Prover_varlink)
    /// `org.semblance.Agent`.
    public static let agent = builtIn(PackageResources.org_semblance_Agent_varlink)
    /// `org.semblance.Verifier`.
    public static let verifier = builtIn(PackageResources.org_semblance_Verifier_varlink)
}
