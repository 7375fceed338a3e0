import Foundation
import ServiceSupport

/// Where services are configured. What is looked at may be what would be there after a change.
public struct PamDirectories: Sendable {
    /// The first that has a file counts.
    public let paths: [String]
    /// Texts in place of those on the disk, by path, links resolved: one file may be several services.
    var changes: [String: String] = [:]

    public init(_ paths: [String]) { self.paths = paths }

    /// Those of the system below `root`.
    public init(root: String) {
        let prefix = root == "/" ? "" : root
        self.init(["\(prefix)/etc/pam.d", "\(prefix)/usr/lib/pam.d"])
    }

    /// The same with other texts.
    public func with(_ changes: [String: String]) -> PamDirectories {
        var copy = self
        for (path, text) in changes { copy.changes[Self.resolved(path)] = text }
        return copy
    }

    private static func resolved(_ path: String) -> String { URL(filePath: path).resolvingSymlinksInPath().path }

    /// The file of a service, if it has one.
    public func path(of service: String) -> String? {
        paths.map { "\($0)/\(service)" }.first {
            changes[Self.resolved($0)] != nil || FileManager.default.fileExists(atPath: $0)
        }
    }

    /// The services that have a file, in order, without those that others include and what editors leave.
    public func services() throws(PamTrouble) -> [String] {
        try names().filter { !$0.hasPrefix("common-") && !$0.contains("~") && !$0.contains(".") }
    }

    /// Everything that libpam would take for a service if it were asked for it, but what package managers and editors leave.
    ///
    /// - Throws: where a directory that there is cannot be read to its end: what is not seen there would pass every check.
    func names() throws(PamTrouble) -> [String] {
        var names: [String] = []
        for path in paths {
            do {
                names += try DirectoryNames.read(path)
            } catch .missing {
                continue
            } catch {
                throw .folder("\(error)")
            }
        }
        return Set(names).filter {
            !$0.hasPrefix(".") && !$0.hasSuffix("~") && !$0.hasSuffix(".pam-old") && !$0.contains(".dpkg-")
        }
        .sorted()
    }

    /// A file's text even where it is none that is understood; empty where there is none.
    func rawText(_ name: String) throws(PamTrouble) -> String {
        var isFolder: ObjCBool = false
        guard let path = path(of: name), FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
            !isFolder.boolValue
        else { return "" }
        guard let data = FileManager.default.contents(atPath: path) else { throw .unreadable(path) }
        return String(decoding: data, as: UTF8.self)
    }

    func file(_ name: String) throws(PamTrouble) -> PamFile {
        guard !name.isEmpty, name.hasPrefix("/") || !name.contains("/") else { throw .missing(name) }
        let found = name.hasPrefix("/") ? (FileManager.default.fileExists(atPath: name) ? name : nil) : path(of: name)
        guard let path = found else { throw .missing(name) }
        if let text = changes[Self.resolved(path)] { return try PamFile(text: text, path: path) }
        return try PamFile(text: PamFile.text(of: path), path: path)
    }
}
