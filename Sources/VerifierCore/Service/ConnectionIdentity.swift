import Sodium

/// A name for one accepted local connection that no other connection has, not even one of another process.
public struct ConnectionIdentity: Hashable, Sendable {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// A random name.
    public init() {
        self.bytes = SecureRandom.bytes(32)
    }

    /// The name of the connection that a server counts as `number`.
    ///
    /// - Parameter serverKey: random bytes that the server drew when it started.
    init(number: UInt64, serverKey: SecretBytes) {
        self.bytes = Hash.blake2b(withUnsafeBytes(of: number.littleEndian) { Array($0) }, count: 32, key: serverKey)
    }
}
