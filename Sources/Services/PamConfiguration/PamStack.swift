/// The authentication part of a PAM service's configuration, with what it includes (pam.conf(5)).
public struct PamStack: Sendable {
    struct Place: Hashable, Sendable {
        let file: String
        let line: Int
    }

    public struct Entry: Equatable, Sendable {
        public let rule: PamRule
        public let file: String
        /// From 1.
        public let line: Int

        var place: Place { Place(file: file, line: line) }
        public var module: String { rule.module }
        public var path: String { rule.path }
        public var arguments: [String] { rule.arguments }
    }

    /// What a jump counts as one.
    enum Node: Equatable, Sendable {
        case module(Entry)
        case substack([Node])

        var entries: [Entry] {
            switch self {
            case .module(let entry): [entry]
            case .substack(let nodes): nodes.flatMap(\.entries)
            }
        }
    }

    /// Modules that ask for a password, or hand it to somebody who knows it.
    public static let passwordModules: Set<String> = [
        "pam_unix.so", "pam_sss.so", "pam_ldap.so", "pam_winbind.so", "pam_krb5.so", "pam_systemd_home.so",
        "pam_pwdfile.so", "pam_userdb.so", "pam_radius_auth.so", "pam_tcb.so",
    ]
    public static let ownModule = "pam_semblance.so"
    private static let greatestDepth = 16

    let nodes: [Node]

    /// Every module in the order in which they are asked.
    public var entries: [Entry] { nodes.flatMap(\.entries) }

    /// The module of this project's, where the service asks it.
    public var ownEntry: Entry? { entries.first { $0.module == Self.ownModule } }

    public init(service: String, in directories: PamDirectories) throws(PamTrouble) {
        nodes = try Self.nodes(of: service, directories, depth: 0)
    }

    static func nodes(of name: String, _ directories: PamDirectories, depth: Int) throws(PamTrouble) -> [Node] {
        guard depth < greatestDepth else { throw .tooDeep(name) }
        let file = try directories.file(name)
        var nodes: [Node] = []
        for line in file.lines { nodes += try Self.nodes(line, of: file, directories, depth: depth) }
        return nodes
    }

    /// What one line adds.
    static func nodes(
        _ line: PamFile.Line,
        of file: PamFile,
        _ directories: PamDirectories,
        depth: Int = 0
    ) throws(PamTrouble) -> [Node] {
        switch line.statement {
        case .include(let name): return try nodes(of: name, directories, depth: depth + 1)
        case .rule(let rule) where rule.kind != .auth: return []
        case .rule(let rule):
            switch rule.control {
            case .include: return try nodes(of: rule.path, directories, depth: depth + 1)
            case .substack: return try [.substack(nodes(of: rule.path, directories, depth: depth + 1))]
            case .actions: return [.module(Entry(rule: rule, file: file.path, line: line.range.lowerBound + 1))]
            }
        }
    }
}
