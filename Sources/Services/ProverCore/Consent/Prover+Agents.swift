import Encoding
import Interfaces
import Logging
import Presence
import Varlink

/// `org.semblance.Agent`: programs that ask their person before a sample is taken.
extension Prover {
    /// Served beside `org.semblance.Prover`, on the same socket.
    public var agentService: VarlinkService {
        VarlinkService(interface: .agent, handlers: ["Attend": attend, "Answer": answer])
    }

    /// Lets attending agents go: a daemon that stops does not wait for them.
    public func dismissAgents() {
        desk.close()
    }

    /// Returns when the agent hangs up or is dismissed.
    @Sendable
    private func attend(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        guard call.wantsMore else { throw .expectedMore }
        try admitAgent(call.peer)
        let (attendance, end) = AsyncStream.makeStream(of: Void.self)
        let agent = ConsentDesk.Agent(caller: call.peer, send: call.progress, dismiss: { end.finish() })
        guard let number = desk.add(agent) else { throw AgentError.tooManyAgents.reply }
        defer { desk.remove(number) }
        call.progress([:])  // attending from here on
        for await _ in attendance {}
        return [:]
    }

    @Sendable
    private func answer(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        guard case .bool(let allow)? = call.parameters.values["allow"] else { throw .invalidParameter("allow") }
        let id = try call.parameters.string("id")
        // A refusal needs nobody's presence.
        if allow { try admitAgent(call.peer) }
        guard desk.answer(id, by: call.peer.uid, allow: allow) else { throw AgentError.notFound.reply }
        return [:]
    }

    private func admitAgent(_ caller: PeerCredentials) throws(VarlinkError) {
        do {
            try presence.admits(caller, at: sensors.map(\.seat))
        } catch {
            logger.info(
                "agent refused",
                metadata: ["peer": "\(caller.uid)", "pid": "\(caller.pid)", "reason": "\(error.reason)"]
            )
            throw AgentError.presenceRequired(reason: error.reason).reply
        }
    }
}
