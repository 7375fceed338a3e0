import Glibc
import Imaging
import IntegerNetwork

/// A directory whose image files play the part of a camera: each frame is the next file in name order.
///
/// After the last file the first follows, so one file gives the same frame again and again. When the directory's
/// listing has changed, the next frame is the first file of the new listing.
struct ImageTray {
    /// File name extensions that count as images.
    static let extensions: Set<String> = ["png", "jpg", "jpeg", "pgm", "ppm", "pbm", "pnm", "bmp"]
    /// More files than that are not looked at.
    static let maximumCount = 10_000
    /// The greatest area of a frame: 4096 x 3072, what cameras give. Larger ones only cost time.
    static let maximumPixels = 4096 * 3072

    /// What a file of the tray gives.
    enum Frame: Sendable {
        case image(GrayImage, RegularFile.Identity)
        /// One of the files that the caller does not want to see again yet.
        case known(RegularFile.Identity)
        case refused(ImageError, RegularFile.Identity?)
    }

    let directory: String
    private var listing: [String] = []
    private var position = 0
    /// How often the listing was another than at the look before.
    private(set) var changes = 0

    init(directory: String) {
        self.directory = directory
    }

    /// How many images there were at the last look.
    var count: Int { listing.count }

    /// The path of the next image; nil while there is none.
    ///
    /// - Parameter names: what ``imageNames(in:)`` says now.
    mutating func next(of names: [String]) -> String? {
        if names != listing {
            listing = names
            position = 0
            changes += 1
        }
        guard !listing.isEmpty else { return nil }
        let name = listing[position % listing.count]
        position = (position + 1) % listing.count
        return directory + "/" + name
    }

    /// The image files in name order. Blocks as long as the directory does, but not because of a file in it: none is
    /// touched. What a name stands for is looked at when it is opened.
    static func imageNames(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            // Links, FIFOs and directories are passed over without a word; some file systems do not tell.
            guard [UInt8(DT_REG), UInt8(DT_UNKNOWN)].contains(entry.pointee.d_type) else { continue }
            let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard let name = String(validating: bytes, as: UTF8.self), !name.hasPrefix("."),
                let end = name.lastIndex(of: "."), extensions.contains(name[end...].dropFirst().lowercased())
            else { continue }
            names.append(name)
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.prefix(maximumCount).map { $0 }
    }

    /// Opens, reads and decodes a file; no links, FIFOs or devices. Blocks as long as the file does.
    static func frame(_ path: String, except known: Set<RegularFile.Identity>) -> Frame {
        let file: RegularFile
        do {
            file = try RegularFile(path, followsLinks: false)
        } catch {
            return .refused(ImageError(error, path: path), nil)
        }
        guard !known.contains(file.identity) else { return .known(file.identity) }
        do {
            return .image(try ImageDecoder.decode(file, maximumPixels: maximumPixels), file.identity)
        } catch {
            return .refused(error, file.identity)
        }
    }
}
