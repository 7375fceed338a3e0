import Glibc

/// Sockets passed by the service manager (sd_listen_fds(3)).
public enum SocketActivation {
    /// A passed descriptor and its name (`FileDescriptorName=`; "unknown" when there is none).
    public struct Socket: Sendable, Equatable {
        /// Open, close-on-exec, 3 or more. Whoever takes it closes it.
        public let descriptor: Int32
        /// Several may have the same.
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

/// The sockets that the service manager passed, to be taken by the names that the units give them.
public struct PassedSockets: Sendable {
    /// Why the sockets that were passed are not the ones that are served.
    public enum Failure: Error, Equatable, CustomStringConvertible {
        /// More than one socket has this name.
        case repeated(name: String)
        /// These names are not served.
        case unserved(names: [String], expected: [String])

        public var description: String {
            switch self {
            case .repeated(let name):
                return "the service manager passed more than one socket called '\(name)'"
            case .unserved(let names, let expected):
                let quoted = names.map { "'\($0)'" }.joined(separator: ", ")
                let known = expected.map { "'\($0)'" }.joined(separator: " and ")
                return "the service manager passed a socket called \(quoted); "
                    + "this program serves \(known) (FileDescriptorName=)"
            }
        }
    }

    private let descriptors: [String: Int32]

    /// - Parameters:
    ///   - names: what this program serves, as `FileDescriptorName=` of its units says. A single socket of another
    ///     name, or of none, is taken for the first of them.
    /// - Throws: when there is a socket that nobody would serve: its clients would wait for ever.
    public init(_ sockets: [SocketActivation.Socket], names: [String]) throws(Failure) {
        if sockets.count == 1, let only = sockets.first, let first = names.first, !names.contains(only.name) {
            self.descriptors = [first: only.descriptor]
            return
        }
        var descriptors: [String: Int32] = [:]
        for socket in sockets {
            guard descriptors.updateValue(socket.descriptor, forKey: socket.name) == nil else {
                throw .repeated(name: socket.name)
            }
        }
        let strangers = descriptors.keys.filter { !names.contains($0) }.sorted()
        guard strangers.isEmpty else { throw .unserved(names: strangers, expected: names) }
        self.descriptors = descriptors
    }

    /// Whether the service manager passed none.
    public var isEmpty: Bool { descriptors.isEmpty }

    /// The descriptor of the socket called `name`; nil if none was passed.
    public subscript(name: String) -> Int32? { descriptors[name] }
}
