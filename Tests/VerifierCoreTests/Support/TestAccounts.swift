import VerifierCore

struct TestAccounts: AccountDirectory {
    var uids: [String: UInt32] = ["root": 0, "alice": 1000, "second name": 1000, "bob": 1001]

    func uid(of name: String) -> UInt32? { uids[name] }

    func name(of uid: UInt32) -> String? {
        uids.filter { $0.value == uid }.keys.sorted().first
    }
}
