/// The limits of NIST SP 800-63B-4 section 3.2.3 on consecutive failed biometric attempts.
public enum AttemptPolicy {
    /// This many failures are free.
    public static let freeFailures = 5
    /// After them, every further try must wait that long.
    public static let delaySeconds: Int64 = 30
    /// After that many there is no further try.
    public static let hardLimit = 50

    /// What is remembered of consecutive failures.
    struct Record: Equatable {
        var failures: Int
        var last: VaultClock.Reading
    }

    enum Verdict: Equatable {
        case permitted
        case wait(seconds: Int)
        case never
        /// The wall clock was set back: the wait starts again, and the record must take over the new reading.
        case restart(seconds: Int)
    }

    /// Whether a try is permitted now. Of the two clocks the one that says less time has passed is believed.
    ///
    /// The boot clock needs no name of the boot: if it is behind the record, there was a reboot since, and the time
    /// since then has certainly passed; if it is not, the difference has, whichever boot it counts from.
    static func verdict(_ record: Record, now: VaultClock.Reading) -> Verdict {
        guard record.failures < hardLimit else { return .never }
        guard record.failures >= freeFailures else { return .permitted }
        guard now.wall >= record.last.wall else { return .restart(seconds: Int(delaySeconds)) }
        let sinceBoot = now.boot >= record.last.boot ? now.boot - record.last.boot : now.boot
        let (sinceWall, overflow) = now.wall.subtractingReportingOverflow(record.last.wall)
        let elapsed = max(0, min(sinceBoot, overflow ? .max : sinceWall))
        return elapsed >= delaySeconds ? .permitted : .wait(seconds: Int(delaySeconds - elapsed))
    }
}
