import Encoding
import ServiceSupport

/// What a main file has to say so that it comes, with its drop-ins, to what is wanted.
struct SetupChange {
    private typealias Members = [String: JSON]

    private let layers: LayeredConfiguration
    private let path: String

    init(_ layers: LayeredConfiguration, path: String) {
        (self.layers, self.path) = (layers, path)
    }

    /// The main file's members: those that it has, and what differs from what is in force.
    ///
    /// - Throws: where a drop-in says otherwise, which would win.
    func main(for wanted: [String: JSON]) throws(SetupPlan.Refusal) -> [String: JSON] {
        let differences = Self.differences(layers.members, wanted, at: [])
        let main = differences.reduce(layers.main) { Self.setting($1.value, at: $1.key[...], in: $0) }
        let result: Members
        do {
            result = try layers.replacingMain(main).members
        } catch {
            throw SetupPlan.Refusal(message: "\(error)", hint: "move what that drop-in says into \(path)")
        }
        guard let left = Self.differences(result, wanted, at: []).first else { return main }
        let key = left.key.joined(separator: ".")
        let file = layers.source(of: key).flatMap { $0 == path ? nil : $0 } ?? "a drop-in of \(path)"
        throw SetupPlan.Refusal(
            message: "\(file) decides about \"\(key)\", which would have to change",
            hint: "move what it says of that into \(path), and run this again"
        )
    }

    private typealias Difference = (key: [String], value: JSON?)

    /// By key, in the order of keys; nil: it is to be taken out. Objects are gone through, all else is replaced whole.
    private static func differences(_ before: Members, _ after: Members, at path: [String]) -> [Difference] {
        Set(before.keys).union(after.keys).sorted().flatMap { name -> [Difference] in
            switch (before[name], after[name]) {
            case (let old, let new) where old == new: return []
            case (.object(let old)?, .object(let new)?): return differences(old, new, at: path + [name])
            case (_, let new): return [(path + [name], new)]
            }
        }
    }

    private static func setting(_ value: JSON?, at path: ArraySlice<String>, in members: Members) -> Members {
        guard let name = path.first else { return members }
        var members = members
        guard path.count > 1 else {
            members[name] = value
            return members
        }
        var inner: Members = [:]
        if case .object(let there)? = members[name] { inner = there }
        members[name] = .object(setting(value, at: path.dropFirst(), in: inner))
        return members
    }
}
