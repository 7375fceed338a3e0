/// Why an image was refused.
public enum ImageError: Error, Hashable, Sendable {
    case unreadable(path: String)
    /// More than ``ImageDecoder/maximumBytes``.
    case tooManyBytes
    /// Not PNG, JPEG, PNM or BMP by its first bytes.
    case unknownFormat
    /// A side or the area is above the decoder's limits, or zero.
    case invalidDimensions(width: Int, height: Int)
    /// The file ends before its image does.
    case truncated
    /// The decoder refused the file's contents.
    case corrupt
    /// The image library has no decoder for the format.
    case decoderUnavailable
}
