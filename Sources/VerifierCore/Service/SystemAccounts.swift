import Glibc

/// The accounts of the host, through `getpwnam_r` and `getpwuid_r`.
public struct SystemAccounts: AccountDirectory {
    private static let bufferByteCount = 1 << 16

    public init() {}

    public func uid(of name: String) -> UInt32? {
        guard !name.isEmpty, !name.utf8.contains(0) else { return nil }
        return look { entry, buffer, count, found in
            getpwnam_r(name, entry, buffer, count, found)
        } map: {
            $0.pw_uid
        }
    }

    public func name(of uid: UInt32) -> String? {
        look { entry, buffer, count, found in
            getpwuid_r(uid, entry, buffer, count, found)
        } map: { entry in
            entry.pw_name.map { String(cString: $0) }
        } ?? nil
    }

    private func look<Result>(
        _ call: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> CInt,
        map: (passwd) -> Result
    ) -> Result? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.bufferByteCount) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            guard call(&entry, base, buffer.count, &found) == 0, let found else { return nil }
            return map(found.pointee)
        }
    }
}
