import Glibc

/// Why a file is not used. `path` is the file or the directory at fault.
public enum FileError: Error, Equatable, Sendable {
    case notAbsolute(path: String)
    case missing(path: String)
    case alreadyExists(path: String)
    /// A link, a directory, a device: anything but a regular file (or a directory where one is needed).
    case wrongKind(path: String)
    /// It belongs to somebody else than root and this process's user.
    case wrongOwner(path: String, uid: UInt32)
    /// Others than the owner may do more than they should.
    case tooOpen(path: String, mode: UInt32)
    case tooLong(path: String, maximum: Int)
    case wrongLength(path: String, expected: Int)
    case malformed(path: String, reason: String)
    /// This process's user may not read it. `isSecret`: nobody but its owner should.
    case notReadable(path: String, uid: UInt32, isSecret: Bool)
    case system(path: String, call: String, code: Int32)
}

extension FileError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notAbsolute(let path): return "\(path): the path must be absolute"
        case .missing(let path): return "\(path): does not exist"
        case .alreadyExists(let path): return "\(path): exists already"
        case .wrongKind(let path): return "\(path): is a link or not the right kind of file"
        case .wrongOwner(let path, let uid): return "\(path): belongs to uid \(uid), who is not trusted"
        case .tooOpen(let path, let mode):
            return "\(path): mode \(String(mode, radix: 8)) lets others in; use chmod go="
        case .tooLong(let path, let maximum): return "\(path): longer than \(maximum) bytes"
        case .wrongLength(let path, let expected): return "\(path): must have exactly \(expected) bytes"
        case .malformed(let path, let reason): return "\(path): \(reason)"
        case .notReadable(let path, let uid, let isSecret):
            let user = UserName.name(of: uid).map { "user \($0)" } ?? "uid \(uid)"
            let remedy = isSecret ? "it must belong to that user" : "use chmod go+r"
            return "\(path): \(user), as whom this program runs, may not read it: \(remedy)"
        case .system(let path, let call, let code):
            return "\(path): cannot \(call): \(String(cString: strerror(code)))"
        }
    }
}
