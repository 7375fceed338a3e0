import Glibc

/// The accounts of this machine, by name and by uid.
public enum UserName {
    private static let bufferByteCount = 1 << 16

    /// The uid of a user in configuration: an account's name, or a uid in decimal digits. Nil if there is no such
    /// account.
    public static func uid(_ text: String) -> UInt32? {
        guard isDigitsOnly(text) else { return uid(ofAccount: text) }
        // The largest value means "no user" in the kernel's interfaces.
        return UInt32(text).flatMap { $0 == none ? nil : $0 }
    }

    /// What the kernel's interfaces say where there is no user: (uid_t)-1.
    public static let none = UInt32.max

    /// The uid of the account called `name`; nil if there is none, or one with the uid that means "no user", and for a
    /// name of digits only: it could be taken for a uid.
    public static func uid(ofAccount name: String) -> UInt32? {
        guard !name.isEmpty, !name.utf8.contains(0), !isDigitsOnly(name) else { return nil }
        return lookUp { entry, buffer, count, found in
            getpwnam_r(name, entry, buffer, count, found)
        } map: {
            $0.pw_uid
        }.flatMap { $0 == none ? nil : $0 }
    }

    /// The group of the account called `name`; nil if there is no such account.
    static func group(ofAccount name: String) -> UInt32? {
        lookUp { entry, buffer, count, found in
            getpwnam_r(name, entry, buffer, count, found)
        } map: {
            $0.pw_gid
        }
    }

    /// The name of the account of `uid`; nil if there is none.
    public static func name(of uid: UInt32) -> String? {
        lookUp { entry, buffer, count, found in
            getpwuid_r(uid, entry, buffer, count, found)
        } map: { entry in
            entry.pw_name.map { String(cString: $0) }
        } ?? nil
    }

    /// Whether that is a uid where uids are taken, and so is no account's name here.
    public static func isDigitsOnly(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }

    private static func lookUp<Result>(
        _ call: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> CInt,
        map: (passwd) -> Result
    ) -> Result? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: bufferByteCount) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            guard call(&entry, base, buffer.count, &found) == 0, let found else { return nil }
            return map(found.pointee)
        }
    }
}

/// The host's accounts, as far as local authorisation needs them; tests put their own in.
public struct Accounts: Sendable {
    /// The uid of the account of that name; nil if there is none.
    public let uid: @Sendable (_ name: String) -> UInt32?
    /// The name of the account of that uid; nil if there is none.
    public let name: @Sendable (_ uid: UInt32) -> String?

    /// - Parameters:
    ///   - uid: nil for no such account, as for a name of digits only.
    ///   - name: nil for no such account.
    public init(
        uid: @escaping @Sendable (_ name: String) -> UInt32?,
        name: @escaping @Sendable (_ uid: UInt32) -> String? = { _ in nil }
    ) {
        self.uid = uid
        self.name = name
    }

    /// The system's accounts.
    public static let system = Accounts(uid: UserName.uid(ofAccount:), name: UserName.name(of:))
}
