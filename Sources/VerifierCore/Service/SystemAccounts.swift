import ServiceSupport

/// The accounts of the host.
public struct SystemAccounts: AccountDirectory {
    public init() {}

    public func uid(of name: String) -> UInt32? {
        UserName.uid(ofAccount: name)
    }

    public func name(of uid: UInt32) -> String? {
        UserName.name(of: uid)
    }
}
