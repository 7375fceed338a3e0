import CSodium
import Glibc

extension SecretBytes {
    /// All that is to be read from a descriptor, straight into memory that is zeroed.
    ///
    /// - Parameter deadline: until when a descriptor that is not ready is waited for.
    /// - Returns: nil where reading fails or takes longer, or there are more than `maximum` bytes.
    public static func readingAll(
        of descriptor: CInt,
        maximum: Int,
        until deadline: ContinuousClock.Instant? = nil
    ) -> SecretBytes? {
        var count: Int? = 0
        let buffer = SecretBytes(count: maximum + 1) { bytes in
            while let filled = count, filled < bytes.count {
                if let deadline, !isReady(descriptor, by: deadline) { return count = nil }
                let more = read(descriptor, bytes.baseAddress.map { $0 + filled }, bytes.count - filled)
                if more > 0 {
                    count = filled + more
                } else if more == 0 {
                    return
                } else if errno != EINTR && errno != EAGAIN || deadline == nil && errno == EAGAIN {
                    count = nil
                }
            }
        }
        guard let count, count <= maximum else { return nil }
        return buffer.withUnsafeBytes { SecretBytes(copying: $0.prefix(count)) }
    }

    private static func isReady(_ descriptor: CInt, by deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return false }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let found = poll(&entry, 1, Int32(clamping: Int64(left / .milliseconds(1)) + 1))
            if found > 0 { return true }
            if found < 0, errno != EINTR { return false }
        }
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
