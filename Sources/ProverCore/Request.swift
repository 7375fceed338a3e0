import Varlink

/// Who asks, and where progress goes.
struct Request: Sendable {
    /// The caller, from the kernel.
    let caller: PeerCredentials
    /// Whether the person is asked also where the verifier is on this machine.
    let confirm: Bool
    /// Receives stage, message and the fraction of the stage, 0...1.
    let report: @Sendable (_ stage: String, _ message: String, _ fraction: Double) -> Void

    init(_ call: VarlinkCall) {
        caller = call.peer
        confirm = call.parameters.values["confirm"] == true
        report = { stage, message, fraction in
            call.progress([
                "stage": .string(stage), "message": .string(message), "fraction": .number(fraction),
            ])
        }
    }

    init(
        peer: UInt32,
        confirm: Bool = false,
        report: @escaping @Sendable (String, String, Double) -> Void = { _, _, _ in }
    ) {
        caller = PeerCredentials(uid: peer, gid: peer, pid: 0)
        self.confirm = confirm
        self.report = report
    }

    /// The caller's uid.
    var peer: UInt32 { caller.uid }
}
