import Glibc

/// Whether a socket path can be believed.
public enum SocketPath {
    /// Checks that nobody but root and the users in `owners` can put a socket of their own at `path`: it is absolute,
    /// no component is a symbolic link or `..`, every directory on the way belongs to root or an owner and is not
    /// writable by others (unless sticky), and the socket itself is one and belongs to root or an owner.
    public static func check(_ path: String, owners: Set<UInt32>) throws(VarlinkClientError) {
        guard path.hasPrefix("/") else { throw .unsafePath(path, reason: "not absolute") }
        let components = path.split(separator: "/").map(String.init)
        guard !components.isEmpty, !components.contains(".."), !path.utf8.contains(0) else {
            throw .unsafePath(path, reason: "not a plain path")
        }
        var current = ""
        var info = stat()
        guard lstat("/", &info) == 0, isTrusted(directory: info, owners) else {
            throw .unsafePath("/", reason: "writable by others")
        }
        for component in components.dropLast() {
            current += "/" + component
            guard lstat(current, &info) == 0 else { throw .cannotConnect("\(current) does not exist") }
            guard info.st_mode & S_IFMT == S_IFDIR else { throw .unsafePath(current, reason: "not a directory") }
            guard isTrusted(directory: info, owners) else {
                throw .unsafePath(current, reason: "others can replace what is in it")
            }
        }
        guard lstat(path, &info) == 0 else { throw .cannotConnect("\(path) does not exist") }
        guard info.st_mode & S_IFMT == S_IFSOCK else { throw .unsafePath(path, reason: "not a socket") }
        guard info.st_uid == 0 || owners.contains(info.st_uid) else {
            throw .unsafePath(path, reason: "belongs to uid \(info.st_uid)")
        }
    }

    private static func isTrusted(directory info: stat, _ owners: Set<UInt32>) -> Bool {
        let isSticky = info.st_mode & S_ISVTX != 0
        let isWritableByOthers = info.st_mode & (S_IWGRP | S_IWOTH) != 0
        return (info.st_uid == 0 || owners.contains(info.st_uid)) && (!isWritableByOthers || isSticky)
    }
}
