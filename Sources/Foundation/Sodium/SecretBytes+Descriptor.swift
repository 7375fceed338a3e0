import CSodium
import Glibc

extension SecretBytes {
    /// All that is to be read from a descriptor, straight into memory that is zeroed.
    ///
    /// - Returns: nil where reading fails, or there are more than `maximum` bytes.
    public static func readingAll(of descriptor: CInt, maximum: Int) -> SecretBytes? {
        var count: Int? = 0
        let buffer = SecretBytes(count: maximum + 1) { bytes in
            while let filled = count, filled < bytes.count {
                let more = read(descriptor, bytes.baseAddress.map { $0 + filled }, bytes.count - filled)
                if more > 0 {
                    count = filled + more
                } else if more == 0 {
                    return
                } else if errno != EINTR {
                    count = nil
                }
            }
        }
        guard let count, count <= maximum else { return nil }
        return buffer.withUnsafeBytes { SecretBytes(copying: $0.prefix(count)) }
    }

    /// Writes them all to a descriptor.
    ///
    /// - Returns: whether that went well.
    public func write(to descriptor: CInt) -> Bool {
        withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let more = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if more > 0 { done += more } else if errno != EINTR { return false }
            }
            return true
        }
    }

    /// Whether both are the same, in time that depends on their lengths only.
    public func isEqual(to other: SecretBytes) -> Bool {
        count == other.count && withPointer { mine in other.withPointer { sodium_memcmp(mine, $0, count) == 0 } }
    }
}
