import Glibc
import Sodium

/// One look at the clocks. Wall-clock time may be stepped by anybody who serves time to the host; time since boot may
/// not, but begins anew with every boot. Decisions use both, whichever is the more conservative.
public struct ClockReading: Equatable, Sendable {
    /// Seconds since 1970-01-01 UTC.
    public var unixSeconds: UInt64
    /// Milliseconds since boot, time asleep included (`CLOCK_BOOTTIME`).
    public var bootMilliseconds: UInt64
    /// Names the boot: 16 bytes; none where it is not known.
    public var bootIdentity: [UInt8]

    public init(unixSeconds: UInt64, bootMilliseconds: UInt64, bootIdentity: [UInt8]) {
        self.unixSeconds = unixSeconds
        self.bootMilliseconds = bootMilliseconds
        self.bootIdentity = bootIdentity
    }

    /// The least time, in milliseconds, that can have passed since `earlier`: within one boot the time since boot
    /// decides; across boots neither the wall clock nor the uptime is believed further than the other.
    ///
    /// Where no name tells whether it is the same boot: an uptime behind the earlier one shows that it is not; ahead of
    /// it, the difference has passed whichever boot it counts from.
    public func millisecondsSurelyPassed(since earlier: ClockReading) -> UInt64 {
        let (difference, isBehind) = bootMilliseconds.subtractingReportingOverflow(earlier.bootMilliseconds)
        let isSame = isSameBoot(as: earlier)
        if isSame == true { return isBehind ? 0 : difference }
        guard unixSeconds > earlier.unixSeconds else { return 0 }
        let wall = (unixSeconds - earlier.unixSeconds).multipliedReportingOverflow(by: 1000)
        return min(
            wall.overflow ? .max : wall.partialValue,
            isSame == false || isBehind ? bootMilliseconds : difference
        )
    }

    /// The most time, in milliseconds, that can have passed since `earlier`: within one boot the time since boot decides; across
    /// boots the longer of wall clock and uptime. `UInt64.max` where a clock was set back and it can't be told.
    public func millisecondsPossiblyPassed(since earlier: ClockReading) -> UInt64 {
        if isSurelySameBoot(as: earlier) {
            let (difference, isBehind) = bootMilliseconds.subtractingReportingOverflow(earlier.bootMilliseconds)
            return isBehind ? .max : difference
        }
        guard unixSeconds >= earlier.unixSeconds else { return .max }
        let wall = (unixSeconds - earlier.unixSeconds).multipliedReportingOverflow(by: 1000)
        return wall.overflow ? .max : max(wall.partialValue, bootMilliseconds)
    }

    /// False also where one of the two does not know its boot.
    public func isSurelySameBoot(as other: ClockReading) -> Bool { isSameBoot(as: other) == true }

    /// Whether how much time passed since `earlier` cannot be told: the wall clock was set back, and it is not surely
    /// the same boot.
    public func hasLostCount(since earlier: ClockReading) -> Bool {
        isSameBoot(as: earlier) != true && unixSeconds < earlier.unixSeconds
    }

    /// Nil where one of the two does not know its boot.
    private func isSameBoot(as other: ClockReading) -> Bool? {
        bootIdentity.isEmpty || other.bootIdentity.isEmpty ? nil : bootIdentity == other.bootIdentity
    }
}

/// Where a daemon reads the time; tests put their own in.
public protocol HostClock: Sendable {
    /// Nil when a clock cannot be read; then nothing is permitted that depends on time.
    func read() -> ClockReading?
}

/// The host's clocks.
public struct SystemClock: HostClock {
    private let bootIdentity: [UInt8]

    /// Reads the identity of this boot once.
    public init() {
        bootIdentity = Self.bootIdentity(at: "/proc/sys/kernel/random/boot_id")
    }

    public func read() -> ClockReading? {
        var wall = timespec()
        var boot = timespec()
        guard clock_gettime(CLOCK_REALTIME, &wall) == 0, clock_gettime(CLOCK_BOOTTIME, &boot) == 0 else { return nil }
        return ClockReading(
            unixSeconds: UInt64(clamping: wall.tv_sec),
            bootMilliseconds: UInt64(clamping: boot.tv_sec) &* 1000 &+ UInt64(clamping: boot.tv_nsec / 1_000_000),
            bootIdentity: bootIdentity
        )
    }

    /// The 16 bytes of the UUID in that file; none if there is none. (Nothing stands in for it: another name after each
    /// restart would turn the uptime into time that surely passed.)
    static func bootIdentity(at path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let text = [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
        }
        let digits = String(
            decoding: text.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "\n") },
            as: UTF8.self
        )
        guard let bytes = Hexadecimal.decode(digits), bytes.count == 16 else { return [] }
        return bytes
    }
}
