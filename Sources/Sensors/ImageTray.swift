import Foundation

/// A directory whose image files play the part of a camera: each frame is the next file in name order.
///
/// After the last file the first follows, so one file gives the same frame again and again. When the directory's
/// listing has changed, the next frame is the first file of the new listing.
struct ImageTray {
    /// File name extensions that count as images.
    static let extensions: Set<String> = ["png", "jpg", "jpeg", "pgm", "ppm", "pbm", "pnm", "bmp"]
    /// More files than that are not looked at.
    static let maximumCount = 10_000

    let directory: String
    private var listing: [String] = []
    private var position = 0

    init(directory: String) {
        self.directory = directory
    }

    /// How many images there were at the last look.
    var count: Int { listing.count }

    /// The path of the next image; nil while there is none.
    mutating func next() -> String? {
        let names = Self.imageNames(in: directory)
        if names != listing {
            listing = names
            position = 0
        }
        guard !listing.isEmpty else { return nil }
        let name = listing[position % listing.count]
        position = (position + 1) % listing.count
        return directory + "/" + name
    }

    private static func imageNames(in directory: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { name in
            guard !name.hasPrefix("."), extensions.contains((name as NSString).pathExtension.lowercased()) else {
                return false
            }
            var info = stat()
            // A FIFO or a device would hang whoever reads it.
            return stat(directory + "/" + name, &info) == 0 && info.st_mode & S_IFMT == S_IFREG
        }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        .prefix(maximumCount)
        .map { $0 }
    }
}
