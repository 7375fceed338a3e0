/// A ristretto255 encoding: 32 bytes that have not been decoded and may be invalid.
@frozen
public struct CompressedRistretto: Hashable, Sendable {
    @usableFromInline let w0: UInt64
    @usableFromInline let w1: UInt64
    @usableFromInline let w2: UInt64
    @usableFromInline let w3: UInt64

    @usableFromInline
    init(words: (UInt64, UInt64, UInt64, UInt64)) {
        w0 = words.0
        w1 = words.1
        w2 = words.2
        w3 = words.3
    }

    /// The length of an encoding in bytes.
    @inlinable
    public static var byteCount: Int { 32 }

    /// The encoding of the identity: all zero.
    public static var identity: CompressedRistretto { CompressedRistretto(words: (0, 0, 0, 0)) }

    /// Takes 32 bytes as they are; `nil` for any other length.
    public init?(_ bytes: some Collection<UInt8>) {
        guard let words = LittleEndian.words4(bytes) else { return nil }
        self.init(words: words)
    }

    /// The 32 bytes.
    public var bytes: [UInt8] { withBytes { Array($0) } }

    /// Calls `body` with the 32 bytes.
    @inlinable
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let words = (w0.littleEndian, w1.littleEndian, w2.littleEndian, w3.littleEndian)
        return try withUnsafeBytes(of: words, body)
    }

    /// Decodes the point (RFC 9496, section 4.3.1).
    ///
    /// - Returns: `nil` when the field element is not canonical or negative, or when the encoding is of no point.
    public func decompress() -> RistrettoPoint? { RistrettoPoint(decoding: self) }
}

extension CompressedRistretto: CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
