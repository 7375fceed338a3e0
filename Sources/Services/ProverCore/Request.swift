import Varlink

/// Who asks, and where progress goes.
struct Request: Sendable {
    /// The caller, from the kernel.
    let caller: PeerCredentials
    /// Whether the person is asked also where the verifier is on this machine.
    let confirm: Bool
    /// The user whose program has a program of root's ask; nil where it does not say.
    let asker: UInt32?
    /// Receives stage, message and the fraction of the stage, 0...1.
    let report: @Sendable (_ stage: String, _ message: String, _ fraction: Double) -> Void

    init(_ call: VarlinkCall) {
        caller = call.peer
        confirm = call.parameters.values["confirm"] == true
        if call.peer.uid == 0, call.peer.proxy == nil, case .integer(let uid)? = call.parameters.values["asker"] {
            asker = UInt32(exactly: uid)
        } else {
            asker = nil
        }
        report = { stage, message, fraction in
            call.progress([
                "stage": .string(stage), "message": .string(message), "fraction": .number(fraction),
            ])
        }
    }

    init(
        peer: UInt32,
        confirm: Bool = false,
        asker: UInt32? = nil,
        report: @escaping @Sendable (String, String, Double) -> Void = { _, _, _ in }
    ) {
        caller = PeerCredentials(uid: peer, gid: peer, pid: 0)
        self.confirm = confirm
        self.asker = asker
        self.report = report
    }

    /// Whether another service speaks for the caller.
    var isProxied: Bool { caller.proxy != nil }

    /// Whether it is root who asks, and says so himself: what a service says for him is not his word.
    var isRootsWord: Bool { peer == 0 && !isProxied }

    /// The caller's uid.
    var peer: UInt32 { caller.uid }
}
