import Glibc

/// Tells the service manager how the service is (sd_notify(3)), by datagrams to `$NOTIFY_SOCKET`.
public struct ServiceNotifier: Sendable {
    private let address: [UInt8]?
    /// How often ``watchdog()`` should be called: half of what the manager allows. Nil when it does not watch.
    public let watchdogInterval: Duration?

    /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` and removes them from the environment.
    /// Without them every message goes nowhere. Call once, before any thread.
    public static func fromEnvironment() -> ServiceNotifier {
        let names = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]
        let values = names.map { name in getenv(name).map { String(cString: $0) } }
        for name in names { unsetenv(name) }
        return ServiceNotifier(socket: values[0], watchdogMicroseconds: values[1], watchdogPID: values[2])
    }

    /// - Parameters:
    ///   - socket: an absolute path, or `@` and an abstract name; nil or anything else: no messages.
    ///   - watchdogMicroseconds: the manager's limit; nil: no watchdog.
    ///   - watchdogPID: the process that is watched; nil: this one.
    public init(socket: String?, watchdogMicroseconds: String? = nil, watchdogPID: String? = nil) {
        let bytes = Array((socket ?? "").utf8)
        let maximum = MemoryLayout<sockaddr_un>.size - MemoryLayout<sa_family_t>.size
        let isUsable =
            bytes.count > 1 && bytes.count < maximum
            && (bytes.first == UInt8(ascii: "/") || bytes.first == UInt8(ascii: "@"))
        address = isUsable ? bytes : nil
        let isWatched = watchdogPID.map { Int32($0) == getpid() } ?? true
        if isWatched, let limit = watchdogMicroseconds.flatMap({ Int64($0) }), limit > 0 {
            watchdogInterval = .microseconds(limit / 2)
        } else {
            watchdogInterval = nil
        }
    }

    /// The service answers requests now.
    public func ready(status: String) { send("READY=1\nSTATUS=\(line(status))") }

    /// A line for `systemctl status`. It must hold no secret and no name of a user.
    public func status(_ status: String) { send("STATUS=\(line(status))") }

    /// The service has begun to stop.
    public func stopping() { send("STOPPING=1") }

    /// The service is alive.
    public func watchdog() { send("WATCHDOG=1") }

    private func line(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }

    private func send(_ message: String) {
        guard let bytes = self.address else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: bytes)
            if path[0] == UInt8(ascii: "@") { path[0] = 0 }  // an abstract name begins with NUL
        }
        // An abstract name is as long as the address says, so the length must not count trailing zeros.
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let payload = Array(message.utf8)
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, payload, payload.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
