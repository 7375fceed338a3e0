import Foundation
import Imaging
import IntegerNetwork
import Models
import Sodium

/// What `semblance model ...` does, as functions.
public enum ModelCommands {
    /// The public description of a model file or a published model.
    public static func inspect(_ path: String) throws(ModelError) -> ModelDescription {
        ModelDescription(try published(path))
    }

    /// The published model in a file of either kind.
    public static func published(_ path: String) throws(ModelError) -> PublishedModel {
        let bytes = try FileAccess.read(path, maximumBytes: EmbeddingModel.maximumBytes)
        guard bytes.starts(with: PublishedModel.magic) else { return try EmbeddingModel(decoding: bytes).published }
        return try PublishedModel(decoding: bytes)
    }

    /// Writes what verifiers need to know of a model file.
    public static func publish(model path: String, output: String) throws(ModelError) -> ModelDescription {
        let published = try EmbeddingModel.load(contentsOf: path).published
        try FileAccess.write(published.encode(), to: output)
        return ModelDescription(published)
    }

    /// Writes a model file whose weights are committed to under fresh secret blinders.
    public static func blind(model path: String, output: String) throws(ModelError) -> ModelDescription {
        let model = try EmbeddingModel.load(contentsOf: path)
        let blinded = try EmbeddingModel(
            header: model.published.header,
            network: model.network,
            blindingSeed: SecureRandom.bytes(32)
        )
        try blinded.save(to: output)
        return ModelDescription(blinded.published)
    }

    /// Images under a folder by their extension, links to folders followed, sorted by path, at most `maximum` of them at even distances.
    public static func imagePaths(in folder: String, maximum: Int) throws(ImportError) -> [String] {
        let paths = try ImageFolder.paths(in: folder).sorted()
        guard !paths.isEmpty, maximum > 0 else { throw .noCalibrationImages }
        let count = Swift.min(maximum, paths.count)
        return (0..<count).map { paths[$0 * paths.count / count] }
    }

    static func load(_ path: String) throws(ImportError) -> EmbeddingModel {
        do {
            return try EmbeddingModel.load(contentsOf: path)
        } catch {
            throw .model(error)
        }
    }

    static func image(_ path: String) throws(ImportError) -> GrayImage {
        do {
            return try ImageDecoder.decode(contentsOf: path)
        } catch {
            throw .image(path: path, error)
        }
    }

    static func embed(_ model: EmbeddingModel, _ input: [UInt8]) throws(ImportError) -> [Int16] {
        do {
            return try model.embed(input: input)
        } catch {
            throw .model(error)
        }
    }
}
