import CServiceSupport
import Encoding
import Foundation
import Glibc
import ServiceSupport

/// Replaces a file of the administrator's so that at every moment there is the old one or the new one, whole.
public enum FileReplacement {
    private static let longestFile = PamFile.longestFile

    /// Puts `after` where `path` leads to, with the mode, the owner and the extended attributes that are there. Links stay,
    /// as what they lead to is replaced; a file of several names is refused, as only one of them would change.
    ///
    /// - Parameters:
    ///   - before: what must be there still.
    ///   - backups: the directory, made if it is missing, for a copy of the file as it was.
    /// - Returns: where that copy is.
    public static func replace(
        _ path: String,
        expecting before: String,
        with after: String,
        backups: String
    ) throws(FileError) -> String {
        let target = try TrustedPath.resolve(path)
        guard try SafeFile.read(target, maximum: longestFile, privacy: .readable) == Array(before.utf8) else {
            throw .malformed(path: target, reason: "it has changed meanwhile; nothing was done")
        }
        let info = try onlyName(target)
        let backup = try keep(target, in: backups)
        let name = target.lastPathPart
        // Hidden, so that it is no service's name.
        let fresh = "\(target.dropLast(name.utf8.count)).\(name).semblance-new"
        unlink(fresh)
        try write(Array(after.utf8), to: fresh, like: target, info)
        guard rename(fresh, target) == 0 else {
            let code = errno
            unlink(fresh)
            throw .system(path: target, call: "rename", code: code)
        }
        FileBytes.syncDirectory(target.parentPath)
        return backup
    }

    /// Puts a new file of root's where none is, whole at once, in a directory that nobody else can write.
    ///
    /// - Throws: `alreadyExists` where one has come meanwhile.
    public static func create(_ path: String, contents: [UInt8], mode: mode_t = 0o644) throws(FileError) {
        let name = path.lastPathPart
        let directory = try TrustedPath.resolve(String(path.dropLast(name.utf8.count + 1)))
        let (target, fresh) = ("\(directory)/\(name)", "\(directory)/.\(name).semblance-new")
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(path: fresh, call: "open", code: errno) }
        defer { close(descriptor) }
        defer { unlink(fresh) }
        try write(contents, to: descriptor, fresh)
        guard fchmod(descriptor, mode) == 0 else { throw failed("fchmod", fresh) }
        guard fsync(descriptor) == 0 else { throw failed("fsync", fresh) }
        // Not rename(2), which would replace what has come meanwhile.
        guard link(fresh, target) == 0 else {
            throw errno == EEXIST ? .alreadyExists(path: target) : .system(path: target, call: "link", code: errno)
        }
        FileBytes.syncDirectory(directory)
    }

    /// Puts a copy of the file that `path` leads to into the directory `backups`, which is made if it is missing.
    ///
    /// - Returns: the copy's path.
    public static func keep(_ path: String, in backups: String) throws(FileError) -> String {
        let target = try TrustedPath.resolve(path)
        let contents = try SafeFile.read(target, maximum: longestFile, privacy: .readable)
        let milliseconds = Int(Date().timeIntervalSince1970 * 1000)
        let backup = "\(backups)/\(target.lastPathPart).\(milliseconds)"
        try makeDirectories(backups)
        try write(contents, to: backup, like: target, onlyName(target))
        return backup
    }

    private static func onlyName(_ path: String) throws(FileError) -> stat {
        var info = stat()
        guard lstat(path, &info) == 0 else { throw .system(path: path, call: "lstat", code: errno) }
        guard info.st_nlink == 1 else {
            throw .malformed(
                path: path,
                reason: "it has \(info.st_nlink) names (hard links), of which only one would change"
            )
        }
        return info
    }

    /// Makes a directory with those above it that are missing, mode 0755, where nobody else can put anything on the way.
    public static func makeDirectories(_ path: String) throws(FileError) {
        let parts = path.split(separator: "/")
        for count in 1...max(1, parts.count) {
            let directory = "/" + parts.prefix(count).joined(separator: "/")
            guard mkdir(directory, 0o755) == 0 || errno == EEXIST || errno == EISDIR else {
                throw .system(path: directory, call: "mkdir", code: errno)
            }
        }
        _ = try TrustedPath.resolve(path)
    }

    private static func write(_ bytes: [UInt8], to path: String, like model: String, _ info: stat) throws(FileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(path: path, call: "open", code: errno) }
        defer { close(descriptor) }
        try write(bytes, to: descriptor, path)
        guard fchown(descriptor, info.st_uid, info.st_gid) == 0 else { throw failed("fchown", path) }
        guard fchmod(descriptor, info.st_mode & 0o7777) == 0 else { throw failed("fchmod", path) }
        guard semblance_copy_attributes(model, descriptor) == 0 else { throw failed("fsetxattr", path) }
        guard fsync(descriptor) == 0 else { throw failed("fsync", path) }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(FileError) {
        if let code = bytes.withUnsafeBytes({ FileBytes.write($0, to: descriptor) }) {
            unlink(path)
            throw .system(path: path, call: "write", code: code)
        }
    }

    private static func failed(_ call: String, _ path: String) -> FileError {
        let code = errno
        unlink(path)
        return .system(path: path, call: call, code: code)
    }
}
