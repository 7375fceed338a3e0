/// One thing that `doctor` looked at.
struct Finding: Codable {
    let check: String
    /// Whether a login can work as far as this goes.
    let ok: Bool
    let detail: String
    /// What to do about it. With `ok`: what had better be done.
    let hint: String?

    init(_ check: String, ok: Bool = true, _ detail: String, hint: String? = nil) {
        self.check = check
        self.ok = ok
        self.detail = detail
        self.hint = hint
    }

    init(_ check: String, _ error: any Error) {
        let failure = error as? CommandFailure ?? CommandFailure(unforeseen: error)
        self.init(check, ok: false, failure.message, hint: failure.hint)
    }

    /// For the terminal.
    var mark: String { ok ? (hint == nil ? "ok  " : "warn") : "FAIL" }
}
