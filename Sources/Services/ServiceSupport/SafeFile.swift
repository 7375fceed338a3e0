import Encoding
import Glibc
import Sodium

/// Files that decide about security: who could have written them is checked on the open descriptor.
public enum SafeFile {
    /// Who may do what with a file, besides its owner.
    public enum Privacy: Sendable {
        /// Others may read it, not write it.
        case readable
        /// Others may do nothing.
        case secret
        /// As `secret`, but the group bits may allow reading: the service manager grants its credentials by an access
        /// control list, whose mask shows up there.
        case credential
        /// As `secret`, but if the file is root's, a group of this process may read it: root's way to let a service
        /// read a key that it must not change, such as a certificate's.
        case secretOfGroup

        func forbids(_ info: stat) -> Bool {
            switch self {
            case .readable: info.st_mode & 0o022 != 0
            case .secret: info.st_mode & 0o077 != 0
            case .credential: info.st_mode & 0o037 != 0
            case .secretOfGroup:
                info.st_mode & (info.st_uid == 0 && SafeFile.isGroupOfProcess(info.st_gid) ? 0o037 : 0o077) != 0
            }
        }
    }

    /// The contents of the regular file at `path`, which belongs to root or this process's user.
    public static func read(_ path: String, maximum: Int, privacy: Privacy) throws(FileError) -> [UInt8] {
        try withContents(path, maximum: maximum, privacy: privacy) { Array($0) }
    }

    /// As ``read(_:maximum:privacy:)``, into locked memory.
    public static func readSecret(
        _ path: String,
        maximum: Int,
        privacy: Privacy = .secret
    ) throws(FileError) -> SecretBytes {
        try withContents(path, maximum: maximum, privacy: privacy) { SecretBytes(copying: $0) }
    }

    /// Checks that `path` is a regular file of root or this process's user with no more access for others than
    /// `privacy` grants.
    public static func check(_ path: String, privacy: Privacy) throws(FileError) {
        try withDescriptor(path, privacy: privacy) { _, _ throws(FileError) in }
    }

    /// Creates the file at `path` with mode 0600 and `contents`, and syncs it and its directory. Refuses to replace
    /// anything. A file that could not be written whole is removed again.
    public static func create(_ path: String, contents: SecretBytes) throws(FileError) {
        guard path.hasPrefix("/") else { throw .notAbsolute(path: path) }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let code = errno
            throw code == EEXIST ? .alreadyExists(path: path) : .system(path: path, call: "open", code: code)
        }
        let failure = contents.withUnsafeBytes { FileBytes.store($0, to: descriptor) }
        close(descriptor)
        if let failure {
            unlink(path)
            throw .system(path: path, call: "write", code: failure)
        }
        FileBytes.syncDirectory(path.parentPath)
    }

    /// Makes the directory at `path` with mode 0700 if it is missing, and checks that it is one, belongs to root or
    /// this process's user and is closed to others.
    public static func secretDirectory(_ path: String) throws(FileError) {
        guard path.hasPrefix("/") else { throw .notAbsolute(path: path) }
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw .system(path: path, call: "mkdir", code: errno) }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOTDIR || errno == ELOOP
                ? .wrongKind(path: path) : .system(path: path, call: "open", code: errno)
        }
        defer { close(descriptor) }
        var info = stat()
        guard fstat(descriptor, &info) == 0 else { throw .system(path: path, call: "fstat", code: errno) }
        try checkOwner(info, path)
        guard info.st_mode & 0o077 == 0 else { throw .tooOpen(path: path, mode: info.st_mode & 0o7777) }
    }

    private static func withContents<Result>(
        _ path: String,
        maximum: Int,
        privacy: Privacy,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(FileError) -> Result {
        try withDescriptor(path, privacy: privacy) { descriptor, size throws(FileError) in
            guard size <= maximum else { throw .tooLong(path: path, maximum: maximum) }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: maximum + 1, alignment: 16)
            defer {
                Sodium.wipe(buffer)
                buffer.deallocate()
            }
            var count = 0
            while count < buffer.count {
                let received = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
                if received < 0 && errno == EINTR { continue }
                guard received >= 0 else { throw .system(path: path, call: "read", code: errno) }
                if received == 0 { break }
                count += received
            }
            guard count <= maximum else { throw .tooLong(path: path, maximum: maximum) }
            return body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    private static func withDescriptor<Result>(
        _ path: String,
        privacy: Privacy,
        _ body: (_ descriptor: Int32, _ size: Int) throws(FileError) -> Result
    ) throws(FileError) -> Result {
        guard path.hasPrefix("/") else { throw .notAbsolute(path: path) }
        // O_NONBLOCK: a FIFO planted at the path must not hang the program before it is refused.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: throw .missing(path: path)
            case ELOOP, ENXIO: throw .wrongKind(path: path)
            case EACCES: throw .notReadable(path: path, uid: geteuid(), isSecret: privacy != .readable)
            default: throw .system(path: path, call: "open", code: errno)
            }
        }
        defer { close(descriptor) }
        var info = stat()
        guard fstat(descriptor, &info) == 0 else { throw .system(path: path, call: "fstat", code: errno) }
        guard info.st_mode & S_IFMT == S_IFREG else { throw .wrongKind(path: path) }
        try checkOwner(info, path)
        guard !privacy.forbids(info) else { throw .tooOpen(path: path, mode: info.st_mode & 0o7777) }
        return try body(descriptor, Int(info.st_size))
    }

    private static func isGroupOfProcess(_ group: gid_t) -> Bool {
        var groups = [gid_t](repeating: 0, count: 65_536)
        let count = getgroups(Int32(groups.count), &groups)
        return group == getegid() || groups.prefix(Int(max(0, count))).contains(group)
    }

    private static func checkOwner(_ info: stat, _ path: String) throws(FileError) {
        guard info.st_uid == 0 || info.st_uid == geteuid() else {
            throw .wrongOwner(path: path, uid: info.st_uid)
        }
    }
}

/// Keys of fixed length in files of their own.
public enum SecretFile {
    /// The secret of `count` bytes at `path` (regular, mode 0600 or narrower, owned by root or this process's user).
    public static func load(
        _ path: String,
        count: Int,
        privacy: SafeFile.Privacy = .secret
    ) throws(FileError) -> SecretBytes {
        let secret = try SafeFile.readSecret(path, maximum: count, privacy: privacy)
        guard secret.count == count else { throw .wrongLength(path: path, expected: count) }
        return secret
    }

    /// As ``load(_:count:)``; a file that is missing is created with random bytes.
    public static func loadOrCreate(_ path: String, count: Int) throws(FileError) -> SecretBytes {
        do {
            return try load(path, count: count)
        } catch .missing {
            do {
                try SafeFile.create(path, contents: .random(count: count))
            } catch .alreadyExists {
                // Another process was faster; its key is the one that counts.
            }
            return try load(path, count: count)
        }
    }
}

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

extension FileError {
    /// The file or the directory at fault.
    public var path: String {
        switch self {
        case .notAbsolute(let path), .missing(let path), .alreadyExists(let path), .wrongKind(let path),
            .wrongOwner(let path, _), .tooOpen(let path, _), .tooLong(let path, _), .wrongLength(let path, _),
            .malformed(let path, _), .notReadable(let path, _, _), .system(let path, _, _):
            path
        }
    }
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
