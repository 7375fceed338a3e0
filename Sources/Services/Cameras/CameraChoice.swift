import Encoding

/// Which camera is looked through: by a name that stays, and by what it sees.
public struct CameraChoice: Equatable, Sendable {
    /// A link of /dev/v4l/by-id or by-path or its last part, or what the driver calls the device; nil for the first there is.
    public var name: String?
    public var kind: CameraKind

    public init(name: String? = nil, kind: CameraKind = .auto) {
        (self.name, self.kind) = (name, kind)
    }

    /// A node that fits, open.
    struct Found {
        var node: VideoNode
        var device: any VideoDevice
        var modes: [CaptureMode]
        /// Whether it is the infrared one.
        var isInfrared: Bool
        let system: any VideoSystem

        func reopen() throws(CameraFault) -> any VideoDevice {
            do {
                return try system.open(node)
            } catch {
                throw CameraFault(error, path: node.path)
            }
        }
    }

    /// Why there is no such camera, as far as its name tells; nothing is opened.
    package func absence(in system: any VideoSystem = KernelVideo()) -> CameraFault? {
        let nodes = system.nodes()
        do {
            return try Self.named(name, nodes).isEmpty ? .noCamera(name: name, present: []) : nil
        } catch {
            return error
        }
    }

    /// Opens what fits, and nothing of other devices.
    func open(_ system: any VideoSystem) throws(CameraFault) -> Found {
        let nodes = system.nodes()
        let named = try Self.named(name, nodes)
        // A link names one sensor of a device, what its driver calls it perhaps several.
        let isExact = name != nil && named.count == 1
        let candidates = nodes.filter { node in named.contains { $0.device == node.device } }
        var (best, refusal): (Found?, CameraFault?) = (nil, nil)
        for node in candidates {
            let isNamed = named.contains(node)
            if isExact, kind == .auto, !isNamed { continue }
            do {
                guard let found = try inspect(node, isNamed: isExact && isNamed, system) else { continue }
                // Infrared is preferred within one device: what somebody plugs in does not take the first one's place.
                let isBetter = found.isInfrared && best?.isInfrared == false && found.node.device == best?.node.device
                if best == nil || isBetter { swap(&best, found) } else { found.device.close() }
            } catch {
                refusal = refusal ?? error
            }
        }
        if let best { return best }
        if let refusal { throw refusal }
        let card = named.first?.card ?? name ?? ""
        guard !named.isEmpty else { throw .noCamera(name: name, present: Self.names(nodes)) }
        switch kind {
        case .infrared: throw .noInfrared(name: card)
        case .colour: throw .noColour(name: card)
        case .auto: throw .noFormat(card: card)
        }
    }

    private func swap(_ best: inout Found?, _ found: Found) {
        best?.device.close()
        best = found
    }

    /// - Returns: nil for a node of another kind, or none that gives frames.
    private func inspect(
        _ node: VideoNode,
        isNamed: Bool,
        _ system: any VideoSystem
    ) throws(CameraFault) -> Found? {
        do {
            let device = try system.open(node)
            guard try device.capability().isCapture else {
                device.close()
                return nil
            }
            let all = CaptureMode.offered(by: device, PictureFormat.allCases)
            let isInfrared = !all.isEmpty && all.allSatisfy(\.format.isGrey)
            let modes = CaptureMode.offered(by: device, kind.formats)
            // Who names a single node and says that it is infrared is believed, if it has a grey format.
            let fits = kind == .auto || (kind == .infrared) == isInfrared || isNamed
            guard fits, !modes.isEmpty else {
                device.close()
                return nil
            }
            return Found(
                node: node,
                device: device,
                modes: modes,
                isInfrared: isInfrared || kind == .infrared,
                system: system
            )
        } catch {
            throw CameraFault(error, path: node.path)
        }
    }

    /// The nodes of that name.
    private static func named(_ name: String?, _ nodes: [VideoNode]) throws(CameraFault) -> [VideoNode] {
        guard let name else { return nodes }
        if name.hasPrefix("/dev/video") {
            throw .unstableName(name, stable: nodes.first { $0.path == name }?.stableName)
        }
        let linked = nodes.filter { node in node.links.contains { isLink($0, name) } }
        guard linked.isEmpty else { return linked }
        let called = nodes.filter { $0.card == name }
        if Set(called.map(\.device)).count > 1 {
            throw .ambiguous(name: name, present: called.map(\.stableName))
        }
        guard !called.isEmpty else { throw .noCamera(name: name, present: names(nodes)) }
        return called
    }

    private static func isLink(_ link: String, _ name: String) -> Bool {
        link == name || link.lastPathPart == name
    }

    private static func names(_ nodes: [VideoNode]) -> [String] {
        var names: [String] = []
        for node in nodes where !names.contains(node.stableName) { names.append(node.stableName) }
        return names
    }
}
