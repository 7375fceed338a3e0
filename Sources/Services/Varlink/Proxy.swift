import Encoding
import Glibc

/// Who may speak for others (`org.semblance.Proxy`): a service that processes reach in another way than by this socket.
public struct ProxyRule: Sendable {
    /// The proxy's user; nil: nobody may.
    public let uid: UInt32?
    /// Whether the user of the process that is named is looked up in /proc. Without it the proxy's word for it is taken.
    let checksProcesses: Bool

    /// - Parameter checksProcesses: false only where nothing is decided by the process, and /proc does not show it.
    public init(uid: UInt32?, checksProcesses: Bool) {
        self.uid = uid
        self.checksProcesses = checksProcesses
    }
}

/// Whom a proxy may call a method for.
public enum ProxiedCallers: Sendable {
    case anybody
    /// Everybody but root: what is root's word alone must not be had of a proxy.
    case allButRoot
}

/// The errors of `org.semblance.Proxy`.
public enum ProxyError: Error, Equatable, Sendable {
    case notAuthorized
    case callerGone

    public var reply: VarlinkError {
        let name = self == .notAuthorized ? "NotAuthorized" : "CallerGone"
        return VarlinkError("\(VarlinkInterface.proxy.name).\(name)")
    }
}

extension VarlinkInterface {
    /// `org.semblance.Proxy`.
    public static let proxy = builtIn(PackageResources.org_semblance_Proxy_varlink)
}

extension ProxyRule {
    /// The process that a proxy names, held by a pidfd.
    ///
    /// The pid was the proxy's to find out: what is made sure of is that a process of that user has it now, and that all
    /// that is read by it later is this one's.
    func represented(by proxy: PeerCredentials, _ parameters: Parameters) throws(VarlinkError) -> PeerCredentials {
        guard let uid, proxy.uid == uid else { throw ProxyError.notAuthorized.reply }
        guard let named = UInt32(exactly: try parameters.integer("uid")), named != UInt32.max else {
            throw .invalidParameter("uid")
        }
        guard let pid = Int32(exactly: try parameters.integer("pid")), pid > 0 else { throw .invalidParameter("pid") }
        guard let process = PeerProcess(pid: pid) else { throw ProxyError.callerGone.reply }
        if checksProcesses {
            guard Self.effectiveUID(of: pid) == named, process.isAlive else { throw ProxyError.callerGone.reply }
        }
        return PeerCredentials(uid: named, gid: proxy.gid, pid: pid, process: process, proxy: uid)
    }

    /// Of `/proc/PID/status`; nil where it cannot be read.
    static func effectiveUID(of pid: Int32) -> UInt32? {
        let descriptor = open("/proc/\(pid)/status", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return nil }
        let text = String(decoding: buffer.prefix(count), as: UTF8.self)
        // "Uid:" and the real, effective, saved and file system's, by tabs. A program's name (the first line) has no newline.
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Uid:\t") }) else { return nil }
        let fields = line.split(separator: "\t")
        return fields.count == 5 ? UInt32(fields[2]) : nil
    }
}
