import Glibc

/// What lies in a directory.
public enum DirectoryNames {
    /// The names of its entries in the order of their bytes, without "." and "..".
    ///
    /// - Parameters:
    ///   - followsLinks: whether `path` itself may be a link.
    ///   - check: whether the directory may be trusted.
    /// - Throws: what `check` throws, and whatever keeps the directory from being read to its end: a part of it is never an answer.
    public static func read(
        _ path: String,
        followsLinks: Bool = true,
        check: (stat) throws(FileError) -> Void = { _ throws(FileError) in }
    ) throws(FileError) -> [String] {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followsLinks ? 0 : O_NOFOLLOW))
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: throw .missing(path: path)
            case ENOTDIR, ELOOP: throw .wrongKind(path: path)
            case EACCES: throw .notReadable(path: path, uid: geteuid(), isSecret: false)
            default: throw .system(path: path, call: "open", code: errno)
            }
        }
        guard let entries = fdopendir(descriptor) else {
            let code = errno
            close(descriptor)
            throw .system(path: path, call: "fdopendir", code: code)
        }
        defer { closedir(entries) }
        var info = stat()
        guard fstat(descriptor, &info) == 0 else { throw .system(path: path, call: "fstat", code: errno) }
        try check(info)
        return try names(entries, path)
    }

    private static func names(_ entries: OpaquePointer, _ path: String) throws(FileError) -> [String] {
        var names: [String] = []
        while true {
            // readdir(3) says by errno alone whether this was the end.
            errno = 0
            guard let entry = readdir(entries) else {
                guard errno == 0 else { throw .system(path: path, call: "read the directory", code: errno) }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
