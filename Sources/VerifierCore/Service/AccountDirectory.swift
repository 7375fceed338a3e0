/// The host's accounts, as far as local authorisation needs them.
public protocol AccountDirectory: Sendable {
    /// The uid of the account called `name`; nil if there is none.
    func uid(of name: String) -> UInt32?
    /// The name of the account of `uid`; nil if there is none.
    func name(of uid: UInt32) -> String?
}
