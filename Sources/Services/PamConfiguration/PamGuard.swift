/// What must be true of a stack before and after it is changed: nobody is shut out, and nobody else let in.
public enum PamGuard {
    /// Checks that the right password is enough, a wrong one is not, and, where the stack asks this project's module, that a
    /// match is enough and no match changes nothing.
    ///
    /// - Returns: modules that a login by face or finger passes over, though one by password runs them.
    @discardableResult
    public static func check(_ stack: PamStack, of service: String) throws(PamTrouble) -> [String] {
        let byPassword = PamRehearsal(own: .unavailable, password: .success).outcome(of: stack)
        guard byPassword.asksPassword else { throw .refused("\(service) asks for no password that is known here") }
        guard byPassword.isGranted else { throw .refused("\(service) would not let the right password in") }
        for own in [PamResult.unavailable, .denied] {
            guard !PamRehearsal(own: own, password: .denied).outcome(of: stack).isGranted else {
                throw .refused("\(service) would let a wrong password in")
            }
        }
        guard PamRehearsal(own: .denied, password: .success).outcome(of: stack).isGranted else {
            throw .refused("\(service) would not take the password from somebody whose face or finger did not match")
        }
        guard stack.ownEntry != nil else { return [] }
        let byMatch = PamRehearsal(own: .success, password: .denied).outcome(of: stack)
        guard byMatch.isGranted, !byMatch.asksPassword else {
            throw .refused("\(service) would want the password besides face or finger")
        }
        return try comparedOnEveryFork(stack, service)
    }

    /// What a change must not do to any service that there is: its jumps lead where they led, and what was sound is so still.
    public static func checkEveryService(_ before: PamDirectories, after: PamDirectories) throws(PamTrouble) {
        for service in try before.names() {
            let stack: PamStack
            do { stack = try PamStack(service: service, in: before) } catch {
                // libpam may make more of it than this does.
                guard try mayCount(before.rawText(service)) else { continue }
                throw .refused("\(service) includes others and passes over modules, and is not understood: \(error)")
            }
            let changed = try PamStack(service: service, in: after)
            try PamJumps.check(stack, after: changed, of: service)
            guard (try? check(stack, of: service)) != nil else { continue }
            try check(changed, of: service)
        }
    }

    /// Whether a text that is not understood has something like a jump and something like an inclusion.
    private static func mayCount(_ text: String) -> Bool {
        let text = text.lowercased()
        return (text.contains("include") || text.contains("substack")) && text.contains("[")
            && text.contains(/=[ \t]*[1-9]/)
    }

    /// Modules about the password itself, and those that only end a stack.
    private static let ofThePassword: Set<String> = [
        "pam_deny.so", "pam_permit.so", "pam_faillock.so", "pam_gnome_keyring.so", "pam_kwallet5.so", "pam_kwallet.so",
    ]
    private static let mostForks = 10

    /// A match must be worth no more than the password, whatever the modules say of which that is not known.
    ///
    /// - Returns: what is passed over where no short cut is taken.
    private static func comparedOnEveryFork(_ stack: PamStack, _ service: String) throws(PamTrouble) -> [String] {
        let forks = PamRehearsal.forks(of: stack)
        let unknown = PamRehearsal.unknown(in: stack)
        guard forks.count <= mostForks else {
            throw .refused("\(service) has more than \(mostForks) modules that pass over others")
        }
        for choice in 0..<1 << forks.count {
            let words = forks.enumerated().map { ($1, choice >> $0 & 1 == 1 ? PamResult.success : .denied) }
            let told = Dictionary(uniqueKeysWithValues: words)
            _ = try compared(stack, told: told, service)
            // One that is optional may still be the only one by which the password is enough.
            for denied in unknown.map({ [$0] }) + [unknown] {
                let harder = denied.reduce(into: told) { $0[$1] = .denied }
                guard rehearsed(stack, harder, own: .success).isGranted else { continue }
                _ = try granted(stack, harder, service)
            }
        }
        return try compared(stack, told: [:], service)
    }

    private static func compared(
        _ stack: PamStack,
        told: [PamStack.Place: PamResult],
        _ service: String
    ) throws(PamTrouble) -> [String] {
        let byMatch = rehearsed(stack, told, own: .success)
        guard byMatch.isGranted else { return [] }
        let byPassword = try granted(stack, told, service)
        try refuseSecondPassword(byPassword, stack, told, service)
        try refuseUnlocking(byMatch, byPassword, service)
        return try passedOver(byMatch, byPassword, service)
    }

    /// By a match, or by the right password.
    private static func rehearsed(
        _ stack: PamStack,
        _ told: [PamStack.Place: PamResult],
        own: PamResult
    ) -> PamRehearsal.Outcome {
        PamRehearsal(own: own, password: own == .success ? .denied : .success, told: told).outcome(of: stack)
    }

    /// By the right password, where a match is enough.
    private static func granted(
        _ stack: PamStack,
        _ told: [PamStack.Place: PamResult],
        _ service: String
    ) throws(PamTrouble) -> PamRehearsal.Outcome {
        let outcome = rehearsed(stack, told, own: .unavailable)
        guard outcome.isGranted else {
            throw .refused("\(service) would let face or finger in where it would not take the right password")
        }
        return outcome
    }

    /// A match stands for one password: one that is right must do, whatever the others say.
    private static func refuseSecondPassword(
        _ byPassword: PamRehearsal.Outcome,
        _ stack: PamStack,
        _ told: [PamStack.Place: PamResult],
        _ service: String
    ) throws(PamTrouble) {
        let asked = byPassword.called.filter { PamStack.passwordModules.contains($0.module) }.map(\.place)
        guard !asked.isEmpty else { return }
        let isEnough = asked.contains { right in
            let one = told.merging([right: .success]) { $1 }
            return PamRehearsal(own: .unavailable, password: .denied, told: one).outcome(of: stack).isGranted
        }
        guard isEnough else {
            throw .refused("\(service) wants more than one password, of which face or finger would take the place")
        }
    }

    /// Only `preauth` looks at the lock before the match, and only where its refusal counts.
    private static func refuseUnlocking(
        _ byMatch: PamRehearsal.Outcome,
        _ byPassword: PamRehearsal.Outcome,
        _ service: String
    ) throws(PamTrouble) {
        guard let lock = byPassword.called.first(where: { $0.module == "pam_faillock.so" }) else { return }
        let isLooked = byMatch.called.contains {
            $0.module == lock.module && $0.arguments.contains("preauth")
                && [.bad, .die].contains($0.rule.control.action(for: .denied))
        }
        guard isLooked else {
            throw .refused(
                "\(service) would let face or finger in though pam_faillock (line \(lock.line) of \(lock.file)) has locked the "
                    + "account: that takes 'auth required pam_faillock.so preauth' before it"
            )
        }
    }

    private static func passedOver(
        _ byMatch: PamRehearsal.Outcome,
        _ byPassword: PamRehearsal.Outcome,
        _ service: String
    ) throws(PamTrouble) -> [String] {
        let others = byPassword.called.filter { entry in
            !byMatch.called.contains(entry) && !PamStack.passwordModules.contains(entry.module)
                && !ofThePassword.contains(entry.module)
        }
        // What does not matter to the result may be missed; what does is a condition of the administrator's.
        if let needed = others.first(where: \.rule.control.demands) {
            throw .refused(
                "\(service) would let face or finger in past \(needed.module) (line \(needed.line) of \(needed.file)), which it demands"
            )
        }
        return others.map(\.module)
    }
}
