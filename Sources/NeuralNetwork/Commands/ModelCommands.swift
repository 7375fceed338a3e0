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
            throw ImportError(reading: options.onnx, error)
        }
        let network = try OnnxImporter.load(
            bytes,
            mean: options.mean,
            scale: options.scale,
            externalData: OnnxExternalData(besides: options.onnx)
        )
        do {
            try options.preprocessing.validate()
        } catch {
            throw .model(error)
        }
        let paths = try imagePaths(in: options.calibration, maximum: options.maximumImages)
        var inputs: [[UInt8]] = []
        for path in paths {
            let image = try self.image(path)
            let frame = try? options.preparation.apply(
                options.preprocessing,
                to: image,
                width: network.input.width,
                height: network.input.height
            )
            if let frame { inputs.append(frame.pixels) }
        }
        guard !inputs.isEmpty else { throw .noCalibrationImages }
        let (statistics, _) = Calibrator.run(network, inputs: inputs) {
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

        let check = try QuantizationCheck(integers, of: network, scales: quantizer.scales, inputs: inputs) {
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
        var thresholds: CalibrationReport?
        if let pairs = options.pairs {
            let pairs = try self.pairs(contentsOf: pairs, root: options.pairsRoot ?? options.calibration)
            (model, thresholds) = try calibrate(
                model,
                on: try evaluationSet(pairs: pairs),
                preparation: options.preparation,
                falseMatchRates: options.falseMatchRates
            ) { progress($0, $1) }
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
        warnings += thresholds?.refusedRates.map(\.description) ?? []
        let trials = options.report == nil ? [] : shiftTrials(network, statistics, inputs, options: options)
        let report = ImportReport(
            model: ModelDescription(model.published),
            trialImages: trials.isEmpty ? 0 : Swift.min(inputs.count, Self.trialImages),
            shiftTrials: trials,
            images: inputs.count,
            refusedImages: paths.count - inputs.count,
            nodes: integers.layers.indices.map { check.node($0, of: quantizer) },
            agreement: check.agreement,
            equalErrorRate: thresholds?.equalErrorRate,
            thresholds: thresholds?.points ?? [],
            warnings: warnings
        )
        do {
            if let path = options.report { try report.write(to: path) }
        } catch {
            throw .model(error)
        }
        return report
    }

    private static let trialImages = 32

    /// What other shifts would have given, for the report.
    private static func shiftTrials(
        _ network: FloatNetwork,
        _ statistics: [LayerStatistics],
        _ inputs: [[UInt8]],
        options: ImportOptions
    ) -> [ImportReport.ShiftTrial] {
        let count = Swift.min(inputs.count, trialImages)
        let images = (0..<count).map { inputs[$0 * inputs.count / count] }
        return Set([8, 10, 12, 14, options.shift]).sorted().map { shift in
            var trial = ImportReport.ShiftTrial(shift: shift)
            do throws(ImportError) {
                var quantizer = try Quantizer(
                    network,
                    statistics: statistics,
                    shift: shift,
                    tableBits: options.tableBits,
                    limitsScales: options.limitsScales
                )
                let integers = try quantizer.quantize()
                let agreement = try QuantizationCheck(integers, of: network, scales: quantizer.scales, inputs: images) {
                    _ in
                }.agreement
                let weight = integers.layers.flatMap(\.terms).flatMap(\.weights).map(\.magnitude).max() ?? 0
                trial.medianCosine = agreement.medianCosine
                trial.leastCosine = agreement.leastCosine
                trial.limitedChannels = quantizer.limited.reduce(0) { $0 + $1.count }
                trial.weightBits = UInt32.bitWidth - weight.leadingZeroBitCount + 1
            } catch {
                // It does not fit: the trial stays empty.
            }
            return trial
        }
    }

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

    /// Embeds images and, if asked to, compares every pair of them.
    public static func run(
        model path: String,
        images: [String],
        preparation: FramePreparation = .aligned,
        comparing: Bool = true
    ) throws(ImportError) -> RunResult {
        let model = try load(path)
        var embeddings: [RunResult.Embedding] = []
        for path in images {
            let image = try self.image(path)
            let start = ContinuousClock.now
            let input: [UInt8]
            do {
                input = try model.preprocess(image, preparation)
            } catch {
                throw .frame(path: path, error)
            }
            let values = try embed(model, input)
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
