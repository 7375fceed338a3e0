import Models

/// A node with its attributes at hand, and a name for reports.
struct OnnxNode {
    let name: String
    let type: String
    let inputs: [String]
    let outputs: [String]
    private let attributes: [String: Onnx_AttributeProto]

    init(_ proto: Onnx_NodeProto, index: Int) {
        type = proto.domain.isEmpty || proto.domain == "ai.onnx" ? proto.opType : "\(proto.domain).\(proto.opType)"
        let name = proto.name.isEmpty ? "\(proto.opType)#\(index)" : proto.name
        // Names are reported and stored in the model file; they need not be unique.
        self.name = String(decoding: name.utf8.prefix(NetworkLimits.nameBytes - 3), as: UTF8.self)
        inputs = proto.input
        outputs = proto.output
        attributes = Dictionary(proto.attribute.map { ($0.name, $0) }) { first, _ in first }
    }

    func refusal(_ reason: ImportError.Reason) -> ImportError {
        .refused(node: name, operator: type, reason: reason)
    }

    func has(_ attribute: String) -> Bool { attributes[attribute] != nil }

    func integer(_ attribute: String, default value: Int) -> Int {
        attributes[attribute].map { Int($0.i) } ?? value
    }

    func integers(_ attribute: String) -> [Int]? {
        attributes[attribute].map { $0.ints.map { Int($0) } }
    }

    func float(_ attribute: String, default value: Float) -> Float {
        attributes[attribute].map(\.f) ?? value
    }

    func floats(_ attribute: String) -> [Float]? {
        attributes[attribute].map(\.floats)
    }

    func text(_ attribute: String, default value: String) -> String {
        attributes[attribute].map { String(decoding: $0.s, as: UTF8.self) } ?? value
    }

    func tensor(_ attribute: String) -> Onnx_TensorProto? {
        attributes[attribute].flatMap { $0.hasT ? $0.t : nil }
    }

    /// Whether input `index` is given; optional inputs may be named by an empty string.
    func hasInput(_ index: Int) -> Bool {
        inputs.indices.contains(index) && !inputs[index].isEmpty
    }
}
