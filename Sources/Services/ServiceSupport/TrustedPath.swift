import Glibc

/// Paths that lead through symbolic links, such as the directories of ACME clients.
public enum TrustedPath {
    /// As many as the kernel follows (path_resolution(7)).
    private static let maximumLinks = 40

    /// The path of the file that `path` leads to, without links. Links count as the administrator's own if nobody else
    /// could have put them there: every directory on the way, before and behind each link, belongs to root or to this
    /// process's user and is writable by nobody else.
    ///
    /// The answer stays true only while these directories do not change, so callers check the file itself once more
    /// (``SafeFile``).
    public static func resolve(_ path: String) throws(FileError) -> String {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else { throw .notAbsolute(path: path) }
        var rest = Array(path.split(separator: "/").map(String.init).reversed())
        var resolved: [String] = []
        var links = 0
        try check("/")
        while let component = rest.popLast() {
            switch component {
            case ".": continue
            case "..":
                resolved = resolved.dropLast()
                continue
            default: break
            }
            let current = "/" + (resolved + [component]).joined(separator: "/")
            var info = stat()
            guard lstat(current, &info) == 0 else {
                let code = errno
                throw code == ENOENT ? .missing(path: current) : .system(path: current, call: "lstat", code: code)
            }
            switch info.st_mode & S_IFMT {
            case S_IFLNK:
                // In a sticky directory another user may have made it.
                guard info.st_uid == 0 || info.st_uid == geteuid() else {
                    throw .wrongOwner(path: current, uid: info.st_uid)
                }
                links += 1
                guard links <= maximumLinks else { throw .wrongKind(path: path) }
                let target = try target(of: current)
                if target.hasPrefix("/") { resolved = [] }
                rest += target.split(separator: "/").map(String.init).reversed()
            case S_IFDIR:
                try check(current)
                resolved.append(component)
            default:
                guard rest.isEmpty else { throw .wrongKind(path: current) }
                resolved.append(component)
            }
        }
        return "/" + resolved.joined(separator: "/")
    }

    /// Checks that nobody else can put anything into the directory at `path`.
    private static func check(_ path: String) throws(FileError) {
        var info = stat()
        guard lstat(path, &info) == 0 else { throw .system(path: path, call: "lstat", code: errno) }
        guard info.st_uid == 0 || info.st_uid == geteuid() else { throw .wrongOwner(path: path, uid: info.st_uid) }
        // Sticky: others may add entries of their own, but replace none of root's or of this process's user.
        guard info.st_mode & 0o022 == 0 || info.st_mode & S_ISVTX != 0 else {
            throw .tooOpen(path: path, mode: info.st_mode & 0o7777)
        }
    }

    private static func target(of link: String) throws(FileError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &buffer, buffer.count)
        guard count > 0 else { throw .system(path: link, call: "readlink", code: errno) }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
