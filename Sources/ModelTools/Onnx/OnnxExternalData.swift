import Foundation
import IntegerNetwork
import Models

/// The files beside a model in which exporters put large tensors (ONNX, "External Data").
///
/// A model names them itself, and is not trusted: only regular files in its own folder are read, no links, and not one
/// byte beyond what the tensor has.
struct OnnxExternalData {
    private let folder: String

    /// - Parameter path: the model's file.
    init(besides path: String) {
        folder = (path as NSString).deletingLastPathComponent
    }

    /// The bytes of a tensor.
    func contents(of tensor: Onnx_TensorProto) throws(ImportError.Reason) -> Data {
        var entries: [String: String] = [:]
        for entry in tensor.externalData { entries[entry.key] = entry.value }
        guard let name = entries["location"], !name.isEmpty, name != ".", name != "..", !name.contains("/"),
            !name.utf8.contains(0)
        else { throw .externalData("its name is not that of a file in the model's folder") }
        guard let offset = Int(entries["offset"] ?? "0"), offset >= 0, let length = Int(entries["length"] ?? "-1"),
            length >= -1, entries["length"] == nil || length >= 0
        else { throw .externalData("its place in '\(name)' is no number") }
        do {
            let file = try RegularFile(folder.isEmpty ? name : "\(folder)/\(name)", followsLinks: false)
            let rest = max(0, Int(file.identity.size) - offset)
            let count = length < 0 ? rest : length
            guard offset <= Int(file.identity.size), count <= rest else { throw Shortage(name: name) }
            guard count <= OnnxImporter.maximumBytes else { throw ModelError.tooLarge }
            return Data(try file.contents(from: offset, count: count))
        } catch {
            throw .externalData("\(error)")
        }
    }

    private struct Shortage: Error, CustomStringConvertible {
        let name: String

        var description: String { "'\(name)' is too short" }
    }
}
