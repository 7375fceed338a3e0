import Foundation

/// The images under a folder.
enum ImageFolder {
    private static let extensions: Set = ["png", "jpg", "jpeg", "pgm", "ppm", "pnm", "pbm", "bmp"]

    /// Paths by their extension, unsorted; links to folders are followed, but never back into a folder that they lie in.
    ///
    /// - Throws: where there is no such folder.
    static func paths(in folder: String) throws(ImportError) -> [String] {
        guard isFolder(folder) else { throw .unreadable(path: folder) }
        return paths(in: folder, within: [])
    }

    private static func paths(in folder: String, within ancestors: Set<String>) -> [String] {
        let place = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        guard !ancestors.contains(place), let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
        else { return [] }
        let ancestors = ancestors.union([place])
        return names.flatMap { name in
            let path = "\(folder)/\(name)"
            if isFolder(path) { return paths(in: path, within: ancestors) }
            // A link that leads nowhere is listed, so that it is named when it cannot be read.
            return extensions.contains((name as NSString).pathExtension.lowercased()) ? [path] : []
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
