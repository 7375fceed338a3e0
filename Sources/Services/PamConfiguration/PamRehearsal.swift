/// What libpam would make of a stack if face or finger, and the password, came out as given: its own rules
/// (`_pam_dispatch_aux`), on assumptions about the other modules.
///
/// Those are taken for what they are to somebody who may log in: they succeed, except `pam_deny`, `pam_faillock authfail`, and
/// every one whose success would pass something over (`pam_rootok` as `sufficient`): that short cut is for others.
struct PamRehearsal {
    let own: PamResult
    let password: PamResult
    /// What modules are told in place of that, by their lines.
    var told: [PamStack.Place: PamResult] = [:]

    struct Outcome: Equatable {
        var isGranted = false
        /// In the order of the calls.
        var called: [PamStack.Entry] = []

        var asksPassword: Bool { called.contains { PamStack.passwordModules.contains($0.module) } }
    }

    fileprivate enum Impression { case none, positive, negative }

    /// What the modules so far make of it.
    fileprivate struct Standing {
        var impression = Impression.none
        var isSuccess = false
        var called: [PamStack.Entry] = []
    }

    func outcome(of stack: PamStack) -> Outcome {
        var standing = Standing()
        run(stack.nodes, &standing)
        let isGranted = standing.impression == .positive && standing.isSuccess
        return Outcome(isGranted: isGranted, called: standing.called)
    }

    private func run(_ nodes: [PamStack.Node], _ standing: inout Standing) {
        let start = standing
        var index = 0
        while index < nodes.count {
            switch nodes[index] {
            case .substack(let inner):
                // `done` and `die` in there end it, not what is around it.
                run(inner, &standing)
                index += 1
            case .module(let entry):
                standing.called.append(entry)
                let result = result(of: entry)
                switch entry.rule.control.action(for: result) {
                case .ignore: index += 1
                case .ok:
                    standing.take(result)
                    index += 1
                case .done:
                    standing.take(result)
                    if standing.impression != .negative { return }
                    index += 1
                case .bad:
                    standing.fail()
                    index += 1
                case .die:
                    standing.fail()
                    return
                case .reset:
                    (standing.impression, standing.isSuccess) = (start.impression, start.isSuccess)
                    index += 1
                case .jump(let count):
                    index += count + 1
                    // Beyond the end (not to it) is a mistake, which libpam lets nobody in by.
                    if index > nodes.count { standing.fail() }
                }
            }
        }
    }

    /// The places of modules of which it is not known what they say.
    static func unknown(in stack: PamStack) -> [PamStack.Place] { places(in: stack) { _ in true } }

    /// Those of them whose word decides what is passed over.
    static func forks(of stack: PamStack) -> [PamStack.Place] {
        places(in: stack) { entry in
            [PamResult.success, .denied].contains { entry.rule.control.action(for: $0).isShortcut }
        }
    }

    private static func places(in stack: PamStack, where isMeant: (PamStack.Entry) -> Bool) -> [PamStack.Place] {
        var places: [PamStack.Place] = []
        for entry in stack.entries where !isKnown(entry) && !places.contains(entry.place) && isMeant(entry) {
            places.append(entry.place)
        }
        return places
    }

    private static func isKnown(_ entry: PamStack.Entry) -> Bool {
        switch entry.module {
        case PamStack.ownModule, "pam_deny.so", "pam_permit.so": true
        case "pam_faillock.so": entry.arguments.contains("authfail") || entry.arguments.contains("authsucc")
        default: PamStack.passwordModules.contains(entry.module)
        }
    }

    func result(of entry: PamStack.Entry) -> PamResult {
        if let told = told[entry.place] { return told }
        switch entry.module {
        case PamStack.ownModule: return own
        case let module where PamStack.passwordModules.contains(module): return password
        case "pam_deny.so": return .denied
        case "pam_permit.so": return .success
        case "pam_faillock.so" where entry.arguments.contains("authfail"): return .denied
        // Behind the password that was right, this one's short cut is for everybody.
        case "pam_faillock.so" where entry.arguments.contains("authsucc"): return .success
        default: return entry.rule.control.action(for: .success).isShortcut ? .denied : .success
        }
    }
}

extension PamRehearsal.Standing {
    fileprivate mutating func take(_ result: PamResult) {
        guard impression == .none || impression == .positive && isSuccess else { return }
        impression = .positive
        isSuccess = result == .success
    }

    fileprivate mutating func fail() {
        impression = .negative
        isSuccess = false
    }
}
