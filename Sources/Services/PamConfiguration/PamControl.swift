/// What is done about a module's result (pam.conf(5)).
public enum PamAction: Equatable, Sendable {
    case ignore
    case ok
    case done
    case bad
    case die
    case reset
    /// Pass over so many modules.
    case jump(Int)

    init?(_ word: Substring) {
        switch word {
        case "ignore": self = .ignore
        case "ok": self = .ok
        case "done": self = .done
        case "bad": self = .bad
        case "die": self = .die
        case "reset": self = .reset
        default:
            guard let count = Int(word), count > 0, word.allSatisfy(\.isNumber) else { return nil }
            self = .jump(count)
        }
    }

    /// Whether what follows is passed over.
    var isShortcut: Bool {
        switch self {
        case .done, .jump: true
        case .ignore, .ok, .bad, .die, .reset: false
        }
    }
}

/// The results that a rehearsal gives modules, by their names in pam.conf(5).
public enum PamResult: String, Sendable {
    case success
    case denied = "auth_err"
    case unavailable = "authinfo_unavail"
}

/// The second word of a rule.
public enum PamControl: Equatable, Sendable {
    case include
    case substack
    /// By result; `default` for those that are not named.
    case actions([String: PamAction])

    /// - Parameter word: one of the keywords, or the inside of brackets.
    init?(_ word: String, isBracketed: Bool) {
        guard isBracketed else {
            self.init(keyword: word)
            return
        }
        var actions: [String: PamAction] = [:]
        for pair in word.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
            let sides = pair.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2, Self.results.contains(String(sides[0])), let action = PamAction(sides[1]) else {
                return nil
            }
            actions[String(sides[0])] = action
        }
        guard !actions.isEmpty else { return nil }
        self = .actions(actions)
    }

    private init?(keyword: String) {
        let passes: [String: PamAction] = ["success": .ok, "new_authtok_reqd": .ok]
        switch keyword.lowercased() {
        case "include": self = .include
        case "substack": self = .substack
        case "required": self = .actions(passes.merging(["ignore": .ignore, "default": .bad]) { old, _ in old })
        case "requisite": self = .actions(passes.merging(["ignore": .ignore, "default": .die]) { old, _ in old })
        case "optional": self = .actions(passes.merging(["default": .ignore]) { old, _ in old })
        case "sufficient": self = .actions(["success": .done, "new_authtok_reqd": .done, "default": .ignore])
        default: return nil
        }
    }

    /// What is not named, and has no default, is bad.
    func action(for result: PamResult) -> PamAction {
        guard case .actions(let actions) = self else { return .bad }
        return actions[result.rawValue] ?? actions["default"] ?? .bad
    }

    /// Whether some failure of the module's makes a difference: what the administrator demands.
    var demands: Bool {
        guard case .actions(let actions) = self else { return true }
        return (actions["default"] ?? .bad) != .ignore
            || actions.contains { result, action in
                switch result {
                case "success": false
                // As good as success.
                case "new_authtok_reqd": ![.ok, .done, .ignore].contains(action)
                default: action != .ignore
                }
            }
    }

    private static let results: Set<String> = [
        "success", "open_err", "symbol_err", "service_err", "system_err", "buf_err", "perm_denied", "auth_err",
        "cred_insufficient", "authinfo_unavail", "user_unknown", "maxtries", "new_authtok_reqd", "acct_expired",
        "session_err", "cred_unavail", "cred_expired", "cred_err", "no_module_data", "conv_err", "authtok_err",
        "authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging", "try_again", "ignore", "abort",
        "authtok_expired", "module_unknown", "bad_item", "conv_again", "incomplete", "default",
    ]
}
