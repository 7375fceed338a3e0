import ServiceSupport

extension Accounts {
    /// Those of the tests: two names of one uid among them.
    static let ofTests = Accounts(
        uid: { uids[$0] },
        name: { uid in uids.filter { $0.value == uid }.keys.sorted().first }
    )

    private static let uids: [String: UInt32] = ["root": 0, "alice": 1000, "second name": 1000, "bob": 1001]
}
