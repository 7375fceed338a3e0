import Sodium

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
