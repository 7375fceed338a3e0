import Glibc

/// Sockets passed by the service manager (sd_listen_fds(3)).
public enum SocketActivation {
    /// A passed descriptor and its name (`FileDescriptorName=`; "unknown" when there is none).
    public struct Socket: Sendable, Equatable {
        public let descriptor: Int32
        public let name: String
    }

    /// The passed sockets, in order; empty when this process was not socket-activated.
    ///
    /// `LISTEN_PID` must be this process, so that sockets meant for a parent are not taken. Every descriptor gets
    /// close-on-exec, and the variables are removed so that no child believes them. Call once, before any thread.
    public static func takeSockets() -> [Socket] {
        let environment = (
            pid: value("LISTEN_PID"), count: value("LISTEN_FDS"), names: value("LISTEN_FDNAMES")
        )
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) }
        return sockets(pid: environment.pid, count: environment.count, names: environment.names)
    }

    static func sockets(pid: String?, count: String?, names: String?) -> [Socket] {
        guard let pid, Int32(pid) == getpid(), let count = count.flatMap({ Int32($0) }), (1...64).contains(count) else {
            return []
        }
        let names = (names ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var sockets: [Socket] = []
        for index in 0..<count {
            let descriptor = 3 + index
            let flags = fcntl(descriptor, F_GETFD)
            guard flags >= 0, fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) == 0 else { continue }
            let name = Int(index) < names.count && !names[Int(index)].isEmpty ? names[Int(index)] : "unknown"
            sockets.append(Socket(descriptor: descriptor, name: name))
        }
        return sockets
    }

    private static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
