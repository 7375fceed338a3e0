import Encoding
import Logging

/// Finds the handler of a call, checks parameters and results against the interface, and answers introspection.
struct Dispatcher: Sendable {
    enum Reply: Sendable, Equatable {
        case result([String: JSON])
        case error(VarlinkError)
    }

    let identity: VarlinkServer.Identity
    let services: [String: VarlinkService]
    let connections: ConnectionTable
    /// Nil: `org.semblance.Proxy` is not served.
    let proxy: ProxyRule?
    let logger: Logger

    init(
        identity: VarlinkServer.Identity,
        services: [VarlinkService],
        connections: ConnectionTable,
        proxy: ProxyRule? = nil,
        logger: Logger
    ) {
        self.identity = identity
        self.services = Dictionary(services.map { ($0.interface.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.connections = connections
        self.proxy = proxy
        self.logger = logger
    }

    func reply(
        to message: VarlinkMessage,
        peer: PeerCredentials,
        connection: UInt64,
        send: @escaping @Sendable ([String: JSON]) -> Void
    ) async -> Reply {
        guard let dot = message.method.lastIndex(of: ".") else { return .error(.interfaceNotFound(message.method)) }
        let interfaceName = String(message.method[..<dot])
        let name = String(message.method[message.method.index(after: dot)...])
        guard !message.upgrade else { return .error(.methodNotImplemented(name)) }
        if interfaceName == VarlinkInterface.service.name {
            return introspection(name, message.parameters)
        }
        if interfaceName == VarlinkInterface.proxy.name, let proxy {
            return represent(name, message.parameters, peer: peer, connection: connection, by: proxy)
        }
        guard let service = services[interfaceName] else { return .error(.interfaceNotFound(interfaceName)) }
        guard let method = service.interface.methods[name], let handler = service.handlers[name] else {
            return .error(.methodNotFound(name))
        }
        if let path = service.interface.mismatch(of: message.parameters, with: method.input) {
            return .error(.invalidParameter(path))
        }
        let caller = connections.represented(on: connection) ?? peer
        guard service.serves(caller, name) else { return .error(.permissionDenied) }
        let call = VarlinkCall(
            method: name,
            parameters: Parameters(message.parameters),
            peer: caller,
            connection: connection,
            wantsMore: message.more,
            send: send
        )
        do {
            let result = try await handler(call)
            if let path = service.interface.mismatch(of: result, with: method.output) {
                logger.error("a reply does not fit its interface", metadata: ["method": "\(name)", "at": "\(path)"])
            }
            return .result(result)
        } catch {
            return .error(error)
        }
    }

    /// `ActFor`: later calls of the connection are that process's.
    private func represent(
        _ name: String,
        _ parameters: [String: JSON],
        peer: PeerCredentials,
        connection: UInt64,
        by rule: ProxyRule
    ) -> Reply {
        guard let method = VarlinkInterface.proxy.methods[name] else { return .error(.methodNotFound(name)) }
        if let path = VarlinkInterface.proxy.mismatch(of: parameters, with: method.input) {
            return .error(.invalidParameter(path))
        }
        do {
            let caller = try rule.represented(by: peer, Parameters(parameters))
            guard connections.represent(caller, on: connection) else { return .error(ProxyError.notAuthorized.reply) }
            logger.info(
                "a proxy speaks",
                metadata: ["peer": "\(peer.uid)", "uid": "\(caller.uid)", "pid": "\(caller.pid)"]
            )
            return .result([:])
        } catch {
            return .error(error)
        }
    }

    private func introspection(_ name: String, _ parameters: [String: JSON]) -> Reply {
        guard let method = VarlinkInterface.service.methods[name] else { return .error(.methodNotFound(name)) }
        if let path = VarlinkInterface.service.mismatch(of: parameters, with: method.input) {
            return .error(.invalidParameter(path))
        }
        guard case .string(let interface)? = parameters["interface"] else {
            let names = (services.keys + (proxy == nil ? [] : [VarlinkInterface.proxy.name])).sorted()
            return .result([
                "vendor": .string(identity.vendor),
                "product": .string(identity.product),
                "version": .string(identity.version),
                "url": .string(identity.url),
                "interfaces": .array((names + [VarlinkInterface.service.name]).map { .string($0) }),
            ])
        }
        if interface == VarlinkInterface.service.name {
            return .result(["description": .string(VarlinkInterface.service.description)])
        }
        if interface == VarlinkInterface.proxy.name, proxy != nil {
            return .result(["description": .string(VarlinkInterface.proxy.description)])
        }
        guard let service = services[interface] else { return .error(.interfaceNotFound(interface)) }
        return .result(["description": .string(service.interface.description)])
    }
}

/// An interface with the code behind its methods.
public struct VarlinkService: Sendable {
    /// Answers one call with its result. The task is cancelled when the caller has gone; its result is dropped then.
    public typealias Handler = @Sendable (VarlinkCall) async throws(VarlinkError) -> [String: JSON]

    /// What its calls and replies are checked against, and what introspection serves.
    public let interface: VarlinkInterface
    let handlers: [String: Handler]
    let proxied: [String: ProxiedCallers]
    let connectionClosed: @Sendable (UInt64) -> Void

    /// - Parameters:
    ///   - handlers: one for each method of the interface (precondition), by the method's name.
    ///   - proxied: the methods that a proxy may call for others, and for whom (``ProxyRule``).
    ///   - connectionClosed: called once for each connection after it has ended.
    public init(
        interface: VarlinkInterface,
        handlers: [String: Handler],
        proxied: [String: ProxiedCallers] = [:],
        connectionClosed: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) {
        precondition(
            Set(handlers.keys) == Set(interface.methods.keys),
            "\(interface.name) needs exactly its declared methods"
        )
        self.interface = interface
        self.handlers = handlers
        self.proxied = proxied
        self.connectionClosed = connectionClosed
    }

    /// Whether the method may be called so: by whoever connected himself, through a proxy as the service says.
    func serves(_ caller: PeerCredentials, _ method: String) -> Bool {
        guard caller.proxy != nil else { return true }
        switch proxied[method] {
        case .anybody?: return true
        case .allButRoot?: return caller.uid != 0
        case nil: return false
        }
    }
}

/// One call, as its handler sees it.
public struct VarlinkCall: Sendable {
    /// The method's name without its interface.
    public let method: String
    /// The parameters; they fit the interface description.
    public let parameters: Parameters
    /// The peer, as the kernel noted it when the connection was made; or for whom that speaks.
    public let peer: PeerCredentials
    /// A number that no other connection of this server had or will have.
    public let connection: UInt64
    /// Whether the caller asked for intermediate replies.
    public let wantsMore: Bool
    private let send: @Sendable ([String: JSON]) -> Void

    /// - Parameter send: sends one intermediate reply; never called unless `wantsMore`.
    public init(
        method: String,
        parameters: Parameters,
        peer: PeerCredentials,
        connection: UInt64,
        wantsMore: Bool,
        send: @escaping @Sendable ([String: JSON]) -> Void = { _ in }
    ) {
        self.method = method
        self.parameters = parameters
        self.peer = peer
        self.connection = connection
        self.wantsMore = wantsMore
        self.send = send
    }

    /// Sends an intermediate reply (`continues`) if the caller asked for them. Never blocks: while the caller does not
    /// read, intermediate replies are dropped.
    public func progress(_ parameters: [String: JSON]) {
        if wantsMore { send(parameters) }
    }
}
