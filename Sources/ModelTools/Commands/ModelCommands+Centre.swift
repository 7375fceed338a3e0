import Imaging
import IntegerNetwork
import Sodium

extension ModelCommands {
    /// The mean of fewer would be those people's likeness, in a file that is no secret.
    static let leastCentreImages = 20

    /// Writes a model whose embeddings of a folder's images have the mean 0. It has no thresholds: the old ones say nothing
    /// about it.
    ///
    /// - Parameters:
    ///   - folder: images of many people by the sensor that the model is for.
    ///   - progress: the fraction that is done.
    public static func centre(
        model path: String,
        images folder: String,
        output: String,
        preparation: FramePreparation,
        maximumImages: Int = 4096,
        progress: (Double) -> Void = { _ in }
    ) throws(ImportError) -> CentreReport {
        let model = try load(path)
        let paths = try imagePaths(in: folder, maximum: maximumImages)
        func table(_ model: EmbeddingModel, from start: Double) throws(ImportError) -> EmbeddingTable {
            try EmbeddingTable(model, images: paths, preparation) { progress(start + $0 / 2) }
        }
        let before = try table(model, from: 0)
        let usable = paths.indices.filter { before.norms[$0] > 0 }
        guard usable.count >= leastCentreImages else {
            throw .tooFewImages(usable.count, least: leastCentreImages)
        }
        let mean = (0..<model.dimension).map { entry in
            usable.reduce(0) { $0 + Double(before.embeddings[$1][entry]) } / Double(usable.count)
        }
        let rough = try self.centred(model, on: mean)
        let after = try table(rough, from: 0.5)
        let least = ThresholdCalibration.minimumNorm(norms: usable.map { after.norms[$0] }, dimension: model.dimension)
        let centred: EmbeddingModel
        do {
            centred = try rough.replacing(minimumNorm: least, thresholds: [])
            try centred.save(to: output)
        } catch {
            throw .model(error)
        }
        return CentreReport(
            identity: ModelDescription(centred.published).identity,
            images: usable.count,
            refusedImages: paths.count - usable.count,
            meanBefore: meanLength(before, usable),
            meanAfter: meanLength(after, usable),
            minimumNorm: centred.minimumNorm
        )
    }

    /// The centred network in a model without thresholds; private weights get fresh blinders.
    private static func centred(_ model: EmbeddingModel, on mean: [Double]) throws(ImportError) -> EmbeddingModel {
        var header = model.published.header
        header.thresholds = []
        do {
            return try EmbeddingModel(
                header: header,
                network: try model.network.centred(on: mean),
                blindingSeed: model.blindingSeed.map { _ in SecureRandom.bytes(32) }
            )
        } catch {
            throw .model(error)
        }
    }

    private static func meanLength(_ table: EmbeddingTable, _ images: [Int]) -> Double {
        var mean = [Double](repeating: 0, count: table.embeddings[images[0]].count)
        for image in images where table.norms[image] > 0 {
            let length = Double(table.norms[image]).squareRoot() * Double(images.count)
            for (entry, value) in table.embeddings[image].enumerated() { mean[entry] += Double(value) / length }
        }
        return mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
}

/// What centring a model found.
public struct CentreReport: Codable, Sendable {
    /// Of the written model, hexadecimal.
    public var identity: String
    /// Images that gave a frame, and that did not.
    public var images: Int
    /// Images that gave no frame, or an embedding of zeros.
    public var refusedImages: Int
    /// The length of the mean of the embeddings, each of length 1: 0 if they point everywhere, 1 if all point one way.
    public var meanBefore: Double
    /// Of the written model, on the same images.
    public var meanAfter: Double
    /// E_min of the written model.
    public var minimumNorm: UInt32
}
