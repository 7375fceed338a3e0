import ServiceSupport

/// The host's accounts, as far as the prover needs them.
public struct Accounts: Sendable {
    let uid: @Sendable (_ name: String) -> UInt32?

    /// - Parameter uid: the uid of an account by its name; nil if there is none.
    public init(uid: @escaping @Sendable (_ name: String) -> UInt32?) {
        self.uid = uid
    }

    /// The system's accounts. A name of digits only is no subject: it could be taken for a uid.
    public static let system = Accounts { name in
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard !name.utf8.allSatisfy({ digits ~= $0 }) else { return nil }
        return UserName.uid(ofAccount: name)
    }
}
