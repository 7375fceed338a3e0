import CServiceSupport
import Glibc

/// The clocks that attempt counters are kept by.
public struct VaultClock: Sendable {
    /// One reading.
    public struct Reading: Sendable, Equatable {
        /// Seconds since 1970-01-01 00:00 UTC; anybody with the privilege can set it.
        public var wall: Int64
        /// Seconds since boot, suspension included; nobody can set it.
        public var boot: Int64

        public init(wall: Int64, boot: Int64) {
            self.wall = wall
            self.boot = boot
        }
    }

    let read: @Sendable () -> Reading?

    /// - Parameter read: nil when a clock cannot be read; then nothing is permitted that depends on time.
    public init(read: @escaping @Sendable () -> Reading?) {
        self.read = read
    }

    /// The system's clocks.
    public static let system = VaultClock {
        let boot = semblance_boottime()
        return boot >= 0 ? Reading(wall: Int64(time(nil)), boot: boot) : nil
    }
}
