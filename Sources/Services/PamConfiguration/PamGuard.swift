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
        return try passedOver(byMatch, byPassword, service)
    }

    /// Modules about the password itself, and those that only end a stack.
    private static let ofThePassword: Set<String> = [
        "pam_deny.so", "pam_permit.so", "pam_faillock.so", "pam_gnome_keyring.so", "pam_kwallet5.so", "pam_kwallet.so",
    ]

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
        if let needed = others.first(where: { $0.rule.control.action(for: .denied) != .ignore }) {
            throw .refused(
                "\(service) would let face or finger in past \(needed.module) (line \(needed.line) of \(needed.file)), which it demands"
            )
        }
        return others.map(\.module)
    }
}
