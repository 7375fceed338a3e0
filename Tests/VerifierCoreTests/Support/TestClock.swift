import ServiceSupport
import Synchronization

/// Clocks that a test moves by hand.
final class TestClock: HostClock {
    private let reading: Mutex<ClockReading>

    init(unixSeconds: UInt64 = 1_800_000_000, bootMilliseconds: UInt64 = 3_600_000, boot: UInt8 = 1) {
        self.reading = Mutex(
            ClockReading(
                unixSeconds: unixSeconds,
                bootMilliseconds: bootMilliseconds,
                bootIdentity: [UInt8](repeating: boot, count: 16)
            )
        )
    }

    func read() -> ClockReading? {
        reading.withLock { $0 }
    }

    /// Lets time pass on both clocks.
    func advance(seconds: UInt64) {
        reading.withLock {
            $0.unixSeconds += seconds
            $0.bootMilliseconds += seconds * 1000
        }
    }

    /// Steps the wall clock alone.
    func step(seconds: Int64) {
        reading.withLock { $0.unixSeconds = UInt64(Int64($0.unixSeconds) + seconds) }
    }

    /// A reboot that takes `seconds` of wall-clock time.
    func reboot(seconds: UInt64, boot: UInt8) {
        reading.withLock {
            $0.unixSeconds += seconds
            $0.bootMilliseconds = 1000
            $0.bootIdentity = [UInt8](repeating: boot, count: 16)
        }
    }
}
