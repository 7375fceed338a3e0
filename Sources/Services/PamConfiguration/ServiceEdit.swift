/// A change of one service's own file that has face or finger asked for before the password, or no longer.
public struct ServiceEdit: Equatable, Sendable {
    /// What is put into the file: a match is enough, and everything else falls to what follows.
    public static let line = "auth\tsufficient\t\(PamStack.ownModule) confirm"

    public let path: String
    public let before: String
    public let after: String
    /// Modules that a login by face or finger will pass over.
    public let passedOver: [String]

    /// Nil where the service asks already.
    public static func enabling(_ service: String, in directories: PamDirectories) throws(PamTrouble) -> ServiceEdit? {
        let file = try ownFile(of: service, in: directories)
        let stack = try PamStack(service: service, in: directories)
        guard stack.ownEntry == nil else { return nil }
        do { try PamGuard.check(stack, of: service) } catch {
            throw .refused("\(service) is left alone, as even now it is not understood: \(error)")
        }
        // Before what asks for the password; by then, what refuses in any case has refused.
        var place: Int?
        var above = 0
        for line in file.lines where place == nil {
            let nodes = try PamStack.nodes(line, of: file, directories)
            if nodes.flatMap(\.entries).contains(where: { PamStack.passwordModules.contains($0.module) }) {
                place = line.range.lowerBound
            } else {
                above += nodes.count
            }
        }
        guard let place else { throw .refused("\(service) asks for no password that is known here") }
        try refuseJumps(across: above, in: stack, service)
        let before = try PamFile.text(of: file.path)
        var lines = PamFile.physicalLines(before)
        lines.insert(line, at: place)
        return try checked(service, file.path, before, lines.joined(separator: "\n"), directories)
    }

    /// Nil where the service's own file does not ask.
    public static func disabling(_ service: String, in directories: PamDirectories) throws(PamTrouble) -> ServiceEdit? {
        let file = try ownFile(of: service, in: directories)
        let stack = try PamStack(service: service, in: directories)
        var removed: Set<Int> = []
        var above = 0
        for line in file.lines {
            if case .rule(let rule) = line.statement, rule.module == PamStack.ownModule {
                if rule.kind == .auth {
                    guard rule.control.action(for: .unavailable) == .ignore else {
                        throw .refused(
                            "line \(line.range.lowerBound + 1) of \(file.path) demands face or finger: without it the password alone "
                                + "would do; take it out by hand if that is what you want"
                        )
                    }
                    try refuseJumps(across: above, in: stack, service)
                } else if file.jumps(rule.kind) {
                    throw .refused(
                        "line \(line.range.lowerBound + 1) of \(file.path) may be one that others count: take it out by hand"
                    )
                }
                removed.formUnion(line.range)
            }
            above += try PamStack.nodes(line, of: file, directories).count
        }
        guard !removed.isEmpty else { return nil }
        let before = try PamFile.text(of: file.path)
        let lines = PamFile.physicalLines(before).enumerated()
            .filter { !removed.contains($0.offset) }.map(\.element)
        return try checked(service, file.path, before, lines.joined(separator: "\n"), directories)
    }

    /// Files that others include are the business of `pam-auth-update`, and a service without one has nothing to change.
    private static func ownFile(of service: String, in directories: PamDirectories) throws(PamTrouble) -> PamFile {
        guard !service.isEmpty, !service.contains("/"), !service.hasPrefix("."), !service.hasPrefix("common-") else {
            throw .refused("'\(service)' is not a service's name")
        }
        guard let path = directories.path(of: service) else { throw .missing(service) }
        guard path == directories.paths.first.map({ "\($0)/\(service)" }) else {
            throw .refused("\(path) belongs to a package: copy it to \(directories.paths[0]) first, which then counts")
        }
        return try directories.file(service)
    }

    /// A jump counts modules, so that it would lead elsewhere with one more or less before its end.
    private static func refuseJumps(across place: Int, in stack: PamStack, _ service: String) throws(PamTrouble) {
        for (index, node) in stack.nodes.prefix(place).enumerated() {
            guard case .module(let entry) = node, case .actions(let actions) = entry.rule.control else { continue }
            for case .jump(let count) in actions.values where index + count + 1 > place {
                throw .refused(
                    "line \(entry.line) of \(entry.file) passes over \(count) module(s), of which the change would alter the "
                        + "number: \(service) has to be changed by hand"
                )
            }
        }
    }

    private static func checked(
        _ service: String,
        _ path: String,
        _ before: String,
        _ after: String,
        _ directories: PamDirectories
    ) throws(PamTrouble) -> ServiceEdit {
        let changed = directories.with([path: after])
        let passedOver = try PamGuard.check(PamStack(service: service, in: changed), of: service)
        // Others may include it.
        try PamGuard.checkEveryService(directories, after: changed)
        return ServiceEdit(path: path, before: before, after: after, passedOver: passedOver)
    }
}
