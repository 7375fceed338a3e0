extension VarlinkInterface {
    /// `org.varlink.service`, which every service has.
    public static let service = builtIn(PackageResources.org_varlink_service_varlink)

    /// The interface whose description is built into the program, which ends where that does not parse.
    public static func builtIn(_ text: [UInt8]) -> VarlinkInterface {
        do {
            return try VarlinkInterface(description: String(decoding: text, as: UTF8.self))
        } catch {
            fatalError("a built-in interface description does not parse: line \(error.line): \(error.reason)")
        }
    }
}
