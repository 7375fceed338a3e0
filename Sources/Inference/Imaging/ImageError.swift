import Glibc
import Models

/// Why an image was refused.
public enum ImageError: Error, Hashable, Sendable {
    /// With the system's error number; mostly there is no such file (2, ENOENT).
    case unreadable(path: String, code: Int32 = 2)
    /// A directory, a FIFO, a device, or a link where none is followed.
    case notAFile(path: String)
    /// More than ``ImageDecoder/maximumBytes``.
    case tooManyBytes
    /// Not PNG, JPEG, PNM or BMP by its first bytes.
    case unknownFormat
    /// A format that is known, and not read, by its name.
    case foreignFormat(String)
    /// A side or the area is above the decoder's limits, or zero.
    case invalidDimensions(width: Int, height: Int)
    /// A JPEG of so many scans that decoding it would take seconds.
    case tooManyScans(Int)
    /// The file ends before its image does.
    case truncated
    /// The decoder refused the file's contents.
    case corrupt
    /// The image library has no decoder for the format.
    case decoderUnavailable
}

extension ImageError {
    /// Why a file could not be read.
    package init(_ error: ModelError, path: String) {
        switch error {
        case .tooLarge: self = .tooManyBytes
        case .notAFile: self = .notAFile(path: path)
        case .unreadable(_, let code): self = .unreadable(path: path, code: code)
        default: self = .unreadable(path: path, code: EIO)
        }
    }
}

extension ImageError: CustomStringConvertible {
    /// In words, without the path.
    public var description: String {
        switch self {
        case .unreadable(_, let code): Self.words(code)
        case .notAFile: "not a regular file"
        case .tooManyBytes: "the file is too long"
        case .unknownFormat: "neither PNG, JPEG, PNM nor BMP"
        case .foreignFormat(let name): "\(name), which is not read: convert it to PNG"
        case .invalidDimensions(let width, let height):
            "\(width) x \(height) pixels: a side has 1 to \(ImageDecoder.maximumSide), all have at most "
                + "\(ImageDecoder.maximumPixels / 1_000_000) million"
        case .tooManyScans(let count): "\(count) scans of one picture"
        case .truncated: "the file ends too early"
        case .corrupt: "the file is damaged"
        case .decoderUnavailable: "the image library lacks its decoder"
        }
    }

    private static func words(_ code: Int32) -> String {
        let words = String(cString: strerror(code))
        return words.prefix(1).lowercased() + words.dropFirst()
    }
}
