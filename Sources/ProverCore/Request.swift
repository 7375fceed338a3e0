import Varlink

/// Who asks, and where progress goes.
struct Request: Sendable {
    /// The caller's uid, from the kernel.
    let peer: UInt32
    /// Receives stage, message and the fraction of the stage, 0...1.
    let report: @Sendable (_ stage: String, _ message: String, _ fraction: Double) -> Void

    init(_ call: VarlinkCall) {
        peer = call.peer.uid
        report = { stage, message, fraction in
            call.progress([
                "stage": .string(stage), "message": .string(message), "fraction": .number(fraction),
            ])
        }
    }

    init(peer: UInt32, report: @escaping @Sendable (String, String, Double) -> Void = { _, _, _ in }) {
        self.peer = peer
        self.report = report
    }
}
