import Glibc

/// A user in configuration: an account's name, or a uid in decimal digits.
public enum UserName {
    /// The uid; nil if there is no such account.
    public static func uid(_ text: String) -> UInt32? {
        guard !text.isEmpty, !text.utf8.contains(0) else { return nil }
        if text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) {
            // The largest value means "no user" in the kernel's interfaces.
            return UInt32(text).flatMap { $0 == .max ? nil : $0 }
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1 << 16) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            guard getpwnam_r(text, &entry, base, buffer.count, &found) == 0, let found else { return nil }
            return found.pointee.pw_uid
        }
    }
}
