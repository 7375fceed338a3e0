/// One look at the clocks. Wall-clock time may be stepped by anybody who serves time to the host; time since boot may
/// not, but begins anew with every boot. Decisions use both, whichever is the more conservative.
public struct ClockReading: Equatable, Sendable {
    /// Seconds since 1970-01-01 UTC.
    public var unixSeconds: UInt64
    /// Milliseconds since boot, time asleep included (`CLOCK_BOOTTIME`).
    public var bootMilliseconds: UInt64
    /// Names the boot: 16 bytes.
    public var bootIdentity: [UInt8]

    public init(unixSeconds: UInt64, bootMilliseconds: UInt64, bootIdentity: [UInt8]) {
        self.unixSeconds = unixSeconds
        self.bootMilliseconds = bootMilliseconds
        self.bootIdentity = bootIdentity
    }

    /// The least time, in milliseconds, that can have passed since `earlier`: within one boot the time since boot
    /// decides; across boots neither the wall clock nor the uptime is believed further than the other.
    func millisecondsSurelyPassed(since earlier: ClockReading) -> UInt64 {
        if bootIdentity == earlier.bootIdentity {
            return bootMilliseconds < earlier.bootMilliseconds ? 0 : bootMilliseconds - earlier.bootMilliseconds
        }
        guard unixSeconds > earlier.unixSeconds else { return 0 }
        let wall = (unixSeconds - earlier.unixSeconds).multipliedReportingOverflow(by: 1000)
        return min(wall.overflow ? .max : wall.partialValue, bootMilliseconds)
    }

    /// Whether more than `seconds` may have passed since `earlier` by either clock, or the wall clock went back.
    func mayHavePassed(seconds: UInt64, since earlier: ClockReading) -> Bool {
        if unixSeconds < earlier.unixSeconds || unixSeconds - earlier.unixSeconds >= seconds { return true }
        guard bootIdentity == earlier.bootIdentity else { return false }
        guard bootMilliseconds >= earlier.bootMilliseconds else { return true }
        return (bootMilliseconds - earlier.bootMilliseconds) / 1000 >= seconds
    }
}
