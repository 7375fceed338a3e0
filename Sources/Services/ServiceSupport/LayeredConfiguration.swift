import Encoding
import Glibc

/// A configuration file and its drop-ins, merged as RFC 7396 merges a document and its patches: objects key by key, whatever
/// else is replaced whole, lists too; null takes a key out again.
public struct LayeredConfiguration: Sendable {
    /// More drop-ins than these nobody overlooks.
    static let maximumDropInCount = 64

    /// What the files come to.
    public private(set) var members: [String: JSON] = [:]
    /// The main file, then the drop-ins in the order in which they were merged.
    public private(set) var files: [String] = []
    /// What each file says by itself.
    private var layers: [(file: String, members: [String: JSON])] = []
    /// Which file each value is from that is no object with members.
    private var sources: [[String]: String] = [:]

    /// No file: every key has its default.
    public init() {}

    /// What is no file's.
    init(_ members: [String: JSON]) { self.members = members }

    /// - Parameters:
    ///   - text: of the main file; nil where it is missing, which then says nothing.
    ///   - dropIns: in the order in which they are merged.
    public init(_ path: String, text: String?, dropIns: [(path: String, text: String)]) throws(FileError) {
        if let text { try add(Array(text.utf8), of: path) } else { try add([:], of: path) }
        for dropIn in dropIns { try add(Array(dropIn.text.utf8), of: dropIn.path) }
    }

    /// Reads `path` and `path.d/*.json`, the latter in the order of their names' bytes. Each file, and the directory, belongs
    /// to root or this process's user and can be written by nobody else; no file is a link.
    public static func read(_ path: String) throws(FileError) -> LayeredConfiguration {
        var layers = LayeredConfiguration()
        try layers.add(SafeFile.read(path, maximum: ConfigurationFile.maximumByteCount, privacy: .readable), of: path)
        for file in try dropIns(of: path) {
            try layers.add(
                SafeFile.read(file, maximum: ConfigurationFile.maximumByteCount, privacy: .readable),
                of: file
            )
        }
        return layers
    }

    /// What the main file says by itself.
    public var main: [String: JSON] { layers.first?.members ?? [:] }

    /// The same drop-ins over another main file.
    public func replacingMain(_ members: [String: JSON]) throws(FileError) -> LayeredConfiguration {
        var result = LayeredConfiguration()
        try result.add(members, of: files.first ?? "")
        for layer in layers.dropFirst() { try result.add(layer.members, of: layer.file) }
        return result
    }

    /// The file that a value is from, or one of those that its members are from; nil for a default, and for what is missing.
    ///
    /// - Parameter key: a dotted path; one that leads into a list is of the file that the list is from.
    public func source(of key: String) -> String? {
        let places = sources.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
            ($0.key.joined(separator: "."), $0.value)
        }
        let exact = places.first { $0.0 == key || key.hasPrefix($0.0 + ".") }
        return (exact ?? places.last { $0.0.hasPrefix(key + ".") })?.1
    }

    /// Each value that is no object with members, by its path, with the file that it is from; nil: a default.
    var leaves: [(path: [String], value: JSON, source: String?)] {
        var found: [(path: [String], value: JSON, source: String?)] = []
        func walk(_ members: [String: JSON], _ path: [String]) {
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                if case .object(let inner) = value, !inner.isEmpty {
                    walk(inner, path + [name])
                } else {
                    found.append((path + [name], value, sources[path + [name]]))
                }
            }
        }
        walk(members, [])
        return found
    }

    /// Merges one more file. The first is the main file, in which null is a value like any other.
    mutating func add(_ bytes: [UInt8], of file: String) throws(FileError) {
        let json: JSON
        do {
            json = try JSON(file: bytes)
        } catch {
            throw .malformed(path: file, reason: "\(error)")
        }
        guard case .object(let layer) = json else {
            throw .malformed(path: file, reason: "\(ConfigurationFault.notAnObject)")
        }
        try add(layer, of: file)
    }

    private mutating func add(_ layer: [String: JSON], of file: String) throws(FileError) {
        let isDropIn = !files.isEmpty
        files.append(file)
        layers.append((file, layer))
        members = try merged(layer, over: members, at: [], of: file, isDropIn: isDropIn)
    }

    /// Puts in the defaults of what is missing, or null, where the object that it belongs to is there.
    mutating func fill(_ defaults: [(key: String, value: JSON)]) {
        for (key, value) in defaults {
            members = Self.filled(members, key.split(separator: ".").map(String.init)[...], value)
        }
    }

    private static func filled(_ members: [String: JSON], _ path: ArraySlice<String>, _ value: JSON) -> [String: JSON] {
        guard let name = path.first else { return members }
        var members = members
        switch (members[name], path.count) {
        case (nil, 1), (.null?, 1): members[name] = value
        case (.object(let inner)?, 2...): members[name] = .object(filled(inner, path.dropFirst(), value))
        default: break
        }
        return members
    }

    private mutating func merged(
        _ layer: [String: JSON],
        over below: [String: JSON],
        at path: [String],
        of file: String,
        isDropIn: Bool
    ) throws(FileError) -> [String: JSON] {
        var result = below
        // In the order of keys, so that of several faults always the same is told.
        for (name, value) in layer.sorted(by: { $0.key < $1.key }) {
            let key = path + [name]
            switch (below[name], value) {
            case (let old, .null) where isDropIn:
                guard old != nil else {
                    let dotted = key.joined(separator: ".")
                    throw .malformed(path: file, reason: "\"\(dotted)\": null takes a key out, but it is not there")
                }
                result[name] = nil
                forget(key)
            case (let old, .object(let members)) where !members.isEmpty:
                var inner: [String: JSON] = [:]
                if case .object(let members)? = old { inner = members } else { forget(key) }
                sources[key] = nil
                result[name] = .object(try merged(members, over: inner, at: key, of: file, isDropIn: isDropIn))
            case (.object?, .object): break
            default:
                result[name] = value
                forget(key)
                sources[key] = file
            }
        }
        return result
    }

    private mutating func forget(_ key: [String]) {
        sources = sources.filter { !$0.key.starts(with: key) }
    }
}

extension LayeredConfiguration {
    /// The directory of a file's drop-ins.
    public static func dropInDirectory(of path: String) -> String { path + ".d" }

    /// Paths of the drop-ins that there are, in the order in which they are merged; files of other names are passed over, as editors and dpkg leave them.
    public static func dropIns(of path: String) throws(FileError) -> [String] {
        let directory = dropInDirectory(of: path)
        let names: [String]
        do {
            names = try DirectoryNames.read(directory, followsLinks: false) { info throws(FileError) in
                guard info.st_uid == 0 || info.st_uid == geteuid() else {
                    throw .wrongOwner(path: directory, uid: info.st_uid)
                }
                guard info.st_mode & 0o022 == 0 else { throw .tooOpen(path: directory, mode: info.st_mode & 0o7777) }
            }
        } catch .missing {
            return []
        }
        let dropIns = names.filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }
        guard dropIns.count <= maximumDropInCount else {
            throw .malformed(path: directory, reason: "more than \(maximumDropInCount) drop-ins")
        }
        return dropIns.map { "\(directory)/\($0)" }
    }
}
