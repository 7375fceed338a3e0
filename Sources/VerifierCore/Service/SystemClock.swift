import Foundation
import Glibc
import Sodium

/// The host's clocks.
public struct SystemClock: VerifierClock {
    private let bootIdentity: [UInt8]

    /// Reads the identity of this boot once. Where the kernel does not tell it, a random one stands in: the verifier
    /// then treats its own restart like a reboot, which is the conservative side.
    public init() {
        if let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8),
            let uuid = UUID(uuidString: text.trimmingCharacters(in: .whitespacesAndNewlines))
        {
            self.bootIdentity = withUnsafeBytes(of: uuid.uuid) { Array($0) }
        } else {
            self.bootIdentity = SecureRandom.bytes(16)
        }
    }

    public func read() -> ClockReading {
        var wall = timespec()
        var boot = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        clock_gettime(CLOCK_BOOTTIME, &boot)
        return ClockReading(
            unixSeconds: UInt64(clamping: wall.tv_sec),
            bootMilliseconds: UInt64(clamping: boot.tv_sec) &* 1000 &+ UInt64(clamping: boot.tv_nsec / 1_000_000),
            bootIdentity: bootIdentity
        )
    }
}
