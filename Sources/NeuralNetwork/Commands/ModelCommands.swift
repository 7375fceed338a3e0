import Foundation
import NetworkProof
import Sodium

/// What `semblance model ...` does, as functions.
public enum ModelCommands {
    /// Imports, calibrates and quantises a network and writes the model file.
    ///
    /// - Parameter progress: a stage and the fraction of it that is done.
    public static func importModel(
        _ options: ImportOptions,
        progress: (String, Double) -> Void = { _, _ in }
    ) throws(ImportError) -> ImportReport {
        let bytes: [UInt8]
        do {
            bytes = try FileAccess.read(options.onnx, maximumBytes: OnnxImporter.maximumBytes)
        } catch {
            throw .unreadable(path: options.onnx)
        }
        let network = try OnnxImporter.load(bytes, mean: options.mean, scale: options.scale)
        do {
            try options.preprocessing.validate()
        } catch {
            throw .model(error)
        }
        let paths = try self.imagePaths(in: options.calibration, maximum: options.maximumImages)
        var inputs: [[UInt8]] = []
        for path in paths {
            let image = try self.image(path)
            inputs.append(
                options.preprocessing.apply(to: image, width: network.input.width, height: network.input.height).pixels
            )
        }
        let (statistics, outputs) = Calibrator.run(network, inputs: inputs) {
            progress("calibrating", Double($0) / Double(inputs.count))
        }
        var quantizer = try Quantizer(
            network,
            statistics: statistics,
            shift: options.shift,
            tableBits: options.tableBits,
            limitsScales: options.limitsScales
        )
        let integers = try quantizer.quantize()

        let check = try QuantizationCheck(integers, inputs: inputs, expected: outputs) {
            progress("checking", $0)
        }
        let minimumNorm = ThresholdCalibration.minimumNorm(norms: check.norms, dimension: integers.dimension)
        var model: EmbeddingModel
        do {
            model = try EmbeddingModel(
                name: options.name,
                modality: options.modality,
                network: integers,
                preprocessing: options.preprocessing,
                minimumNorm: minimumNorm,
                thresholds: [],
                blindingSeed: options.hasPrivateWeights ? SecureRandom.bytes(32) : nil
            )
        } catch {
            throw .model(error)
        }
        var thresholds: ThresholdReport?
        if let pairs = options.pairs {
            let pairs = try self.pairs(contentsOf: pairs, root: options.pairsRoot ?? options.calibration)
            (model, thresholds) = try self.calibrateThresholds(
                of: model,
                pairs: pairs,
                falseMatchRates: options.falseMatchRates
            ) { progress("comparing", $0) }
        }
        do {
            try model.save(to: options.output)
        } catch {
            throw .model(error)
        }

        var warnings: [String] = []
        if inputs.count < 100 { warnings.append("\(inputs.count) calibration images; 100 or more are recommended") }
        if (128 - network.mean).magnitude > 1,
            network.layers.contains(where: { $0.sources == [0] && $0.padTop + $0.padLeft > 0 })
        {
            warnings.append("the network pads its input with pixel \(network.mean), the integer network with pixel 128")
        }
        if check.agreement.medianCosine < 0.99 {
            warnings.append(
                "the integer network differs from the imported one: median cosine \(check.agreement.medianCosine)"
            )
        }
        if Int(minimumNorm) == 10 * integers.dimension {
            warnings.append("some calibration image gives a nearly zero embedding")
        }
        return ImportReport(
            model: ModelDescription(model.published),
            images: inputs.count,
            nodes: integers.layers.indices.map { index in
                check.node(
                    index,
                    statistics: statistics[index],
                    scales: quantizer.scales[index],
                    limited: quantizer.limited[index].count
                )
            },
            agreement: check.agreement,
            equalErrorRate: thresholds?.equalErrorRate,
            thresholds: thresholds?.points ?? [],
            warnings: warnings
        )
    }

    /// The public description of a model file or a published model.
    public static func inspect(_ path: String) throws(ModelError) -> ModelDescription {
        ModelDescription(try self.published(path))
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

    /// Embeds images and, if asked to, compares every pair of them.
    public static func run(
        model path: String,
        images: [String],
        comparing: Bool = true
    ) throws(ImportError) -> RunResult {
        let model = try self.load(path)
        var embeddings: [RunResult.Embedding] = []
        for path in images {
            let image = try self.image(path)
            let start = ContinuousClock.now
            let values = try self.embed(model, image)
            let elapsed = start.duration(to: .now).components
            embeddings.append(
                RunResult.Embedding(
                    path: path,
                    values: values,
                    norm: values.reduce(0) { $0 + Int($1) * Int($1) },
                    milliseconds: Double(elapsed.seconds) * 1e3 + Double(elapsed.attoseconds) / 1e15
                )
            )
        }
        var comparisons: [RunResult.Comparison] = []
        for (index, first) in embeddings.enumerated() where comparing {
            for second in embeddings[(index + 1)...] {
                let score = MatchScore(probe: first.values, template: second.values)
                comparisons.append(
                    RunResult.Comparison(
                        first: first.path,
                        second: second.path,
                        score: score,
                        cosine: score.cosine,
                        numerator: score.greatestNumerator(minimumNorm: model.minimumNorm)
                    )
                )
            }
        }
        return RunResult(model: model.name, embeddings: embeddings, comparisons: comparisons)
    }

    /// Finds thresholds for a model file and writes the model that has them, under a new identity.
    public static func calibrateThresholds(
        model path: String,
        pairs: String,
        root: String,
        falseMatchRates: [Double],
        output: String,
        progress: (Double) -> Void = { _ in }
    ) throws(ImportError) -> ThresholdReport {
        let (model, report) = try self.calibrateThresholds(
            of: try self.load(path),
            pairs: try self.pairs(contentsOf: pairs, root: root),
            falseMatchRates: falseMatchRates,
            progress: progress
        )
        do {
            try model.save(to: output)
        } catch {
            throw .model(error)
        }
        return report
    }

    /// Finds thresholds for a model from pairs of images; E_min stays.
    ///
    /// - Parameter falseMatchRates: the rates for which enough impostor pairs exist are used.
    public static func calibrateThresholds(
        of model: EmbeddingModel,
        pairs: [ImagePair],
        falseMatchRates: [Double],
        progress: (Double) -> Void
    ) throws(ImportError) -> (EmbeddingModel, ThresholdReport) {
        var embeddings: [String: [Int16]] = [:]
        var genuine: [MatchScore] = []
        var impostor: [MatchScore] = []
        for (index, pair) in pairs.enumerated() {
            for path in [pair.first, pair.second] where embeddings[path] == nil {
                embeddings[path] = try self.embed(model, try self.image(path))
            }
            let score = MatchScore(probe: embeddings[pair.first] ?? [], template: embeddings[pair.second] ?? [])
            if pair.isGenuine { genuine.append(score) } else { impostor.append(score) }
            progress(Double(index + 1) / Double(pairs.count))
        }
        guard !genuine.isEmpty, !impostor.isEmpty else { throw .noCalibrationImages }
        let calibration = ThresholdCalibration(
            genuine: genuine,
            impostor: impostor,
            minimumNorm: model.minimumNorm
        )
        // A rate below one in the number of pairs cannot be measured.
        let rates = Set(falseMatchRates).sorted(by: >).filter { $0 * Double(impostor.count) >= 1 }
        let points = rates.compactMap { calibration.point(fmr: $0) }
        do {
            let model = try model.replacing(
                minimumNorm: model.minimumNorm,
                thresholds: points.map { MatchThreshold(fmr: $0.fmr, numerator: $0.numerator) }
            )
            let report = ThresholdReport(
                identity: ModelDescription(model.published).identity,
                genuinePairs: genuine.count,
                impostorPairs: impostor.count,
                minimumNorm: model.minimumNorm,
                equalErrorRate: calibration.equalErrorRate,
                points: points
            )
            return (model, report)
        } catch {
            throw .model(error)
        }
    }

    /// Reads a file of pairs: lines of `1` (same person) or `0`, and two paths relative to `root`, separated by tabs.
    /// Empty lines and lines that begin with # are skipped.
    public static func pairs(contentsOf path: String, root: String) throws(ImportError) -> [ImagePair] {
        let text: String
        do {
            text = String(decoding: try FileAccess.read(path, maximumBytes: 64 << 20), as: UTF8.self)
        } catch {
            throw .unreadable(path: path)
        }
        var pairs: [ImagePair] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            let fields = line.split(separator: "\t")
            guard fields.count == 3, fields[0] == "1" || fields[0] == "0" else {
                throw .pairsMalformed(line: index + 1)
            }
            pairs.append(
                ImagePair(first: "\(root)/\(fields[1])", second: "\(root)/\(fields[2])", isGenuine: fields[0] == "1")
            )
        }
        return pairs
    }

    /// Images under a folder by their extension, sorted by path, at most `maximum` of them at even distances.
    public static func imagePaths(in folder: String, maximum: Int) throws(ImportError) -> [String] {
        // The enumerator does not follow a link at its root, and is silent where there is no folder.
        let root = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder), isFolder.boolValue,
            let enumerator = FileManager.default.enumerator(atPath: root)
        else { throw .unreadable(path: folder) }
        let extensions: Set = ["png", "jpg", "jpeg", "pgm", "ppm", "pnm", "pbm", "bmp"]
        var paths: [String] = []
        for case let path as String in enumerator {
            guard let last = path.split(separator: ".").last, extensions.contains(last.lowercased()) else { continue }
            paths.append("\(folder)/\(path)")
        }
        guard !paths.isEmpty, maximum > 0 else { throw .noCalibrationImages }
        paths.sort()
        let count = Swift.min(maximum, paths.count)
        return (0..<count).map { paths[$0 * paths.count / count] }
    }

    private static func load(_ path: String) throws(ImportError) -> EmbeddingModel {
        do {
            return try EmbeddingModel.load(contentsOf: path)
        } catch {
            throw .model(error)
        }
    }

    private static func image(_ path: String) throws(ImportError) -> GrayImage {
        do {
            return try ImageDecoder.decode(contentsOf: path)
        } catch {
            throw .image(path: path, error)
        }
    }

    private static func embed(_ model: EmbeddingModel, _ image: GrayImage) throws(ImportError) -> [Int16] {
        do {
            return try model.embed(image)
        } catch {
            throw .model(error)
        }
    }
}
