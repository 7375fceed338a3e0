/// Where the jumps of a stack lead. They count modules, so that one more or less may have them lead elsewhere.
struct PamJumps: Equatable {
    /// A module, told from its like by how many of them come before it. What it is told about a password that was asked for
    /// already is left out: `pam-auth-update` has that depend on what comes first.
    struct Target: Hashable {
        let file: String
        let path: String
        let arguments: [String]
        var count = 0

        init(_ entry: PamStack.Entry) {
            (file, path) = (entry.file, entry.path)
            arguments = entry.arguments.filter { $0 != "try_first_pass" && $0 != "use_first_pass" }
        }
    }

    enum End: Equatable {
        case at(Target)
        case end
        case beyond
    }

    struct Jump: Equatable {
        let from: Target
        let result: String
        let to: End
        /// Not compared: it moves with what stands above.
        let line: Int

        static func == (left: Jump, right: Jump) -> Bool {
            left.from == right.from && left.result == right.result && left.to == right.to
        }
    }

    private(set) var jumps: [Jump] = []
    private var seen: [Target: Int] = [:]

    init(_ stack: PamStack) { add(stack.nodes) }

    /// Every jump must lead where it led, or `service` is refused by name.
    static func check(_ before: PamStack, after: PamStack, of service: String) throws(PamTrouble) {
        let (old, new) = (PamJumps(before).jumps, PamJumps(after).jumps)
        if let (was, _) = zip(old, new).first(where: { $0 != $1 }) {
            throw .refused(
                "line \(was.line) of \(was.from.file) passes over modules (\(was.result)), and would lead elsewhere in "
                    + "\(service) after the change: \(service) has to be changed by hand"
            )
        }
        guard old.count == new.count else {
            throw .refused("\(service) has other jumps after the change: it has to be changed by hand")
        }
    }

    /// What is this project's own is no target: a jump onto it is one onto what it stands before.
    private mutating func add(_ nodes: [PamStack.Node]) {
        let targets = nodes.map { node in
            switch node {
            case .module(let entry): entry.module == PamStack.ownModule ? [] : [counted(entry)]
            // Counted again below, where its own jumps are looked at.
            case .substack(let inner):
                inner.flatMap(\.entries).filter { $0.module != PamStack.ownModule }.prefix(1).map { Target($0) }
            }
        }
        for (index, node) in nodes.enumerated() {
            switch node {
            case .substack(let inner): add(inner)
            case .module(let entry):
                guard let from = targets[index].first, case .actions(let actions) = entry.rule.control else { continue }
                for (result, action) in actions.sorted(by: { $0.key < $1.key }) {
                    guard case .jump(let count) = action else { continue }
                    let place = index + count + 1
                    let to: End =
                        if place > nodes.count { .beyond } else {
                            targets[place...].lazy.compactMap(\.first).first.map(End.at) ?? .end
                        }
                    jumps.append(Jump(from: from, result: result, to: to, line: entry.line))
                }
            }
        }
    }

    private mutating func counted(_ entry: PamStack.Entry) -> Target {
        var target = Target(entry)
        seen[target, default: 0] += 1
        target.count = seen[target, default: 0]
        return target
    }
}
