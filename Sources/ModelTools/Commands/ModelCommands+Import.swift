import Commitments
import IntegerNetwork
import Models
import Sodium

extension ModelCommands {
    /// Imports, calibrates and quantises a network and writes the model file.
    ///
    /// - Parameter progress: a stage and the fraction of it that is done.
    public static func importModel(
        _ options: ImportOptions,
        progress: (String, Double) -> Void = { _, _ in }
    ) throws(ImportError) -> ImportReport {
        let network = try floatNetwork(options)
        let (inputs, refusedImages) = try calibrationInputs(options, for: network)
        let (statistics, _) = Calibrator.run(network, inputs: inputs) {
            progress("calibrating", Double($0) / Double(inputs.count))
        }
        var quantiser = try Quantiser(
            network,
            statistics: statistics,
            shift: options.shift,
            tableBits: options.tableBits,
            limitsScales: options.limitsScales
        )
        let integers = try quantiser.quantise()
        let check = try QuantisationCheck(integers, of: network, scales: quantiser.scales, inputs: inputs) {
            progress("checking", $0)
        }
        let minimumNorm = ThresholdCalibration.minimumNorm(norms: check.norms, dimension: integers.dimension)
        let (model, thresholds) = try withThresholds(
            try embeddingModel(integers, minimumNorm: minimumNorm, options: options),
            options: options,
            progress: progress
        )
        do {
            try model.save(to: options.output)
        } catch {
            throw .model(error)
        }
        let trials = options.report == nil ? [] : shiftTrials(network, statistics, inputs, options: options)
        let report = ImportReport(
            model: ModelDescription(model.published),
            trialImages: trials.isEmpty ? 0 : Swift.min(inputs.count, Self.trialImages),
            shiftTrials: trials,
            images: inputs.count,
            refusedImages: refusedImages,
            nodes: integers.layers.indices.map { check.node($0, of: quantiser) },
            agreement: check.agreement,
            equalErrorRate: thresholds?.equalErrorRate,
            thresholds: thresholds?.points ?? [],
            warnings: warnings(network, integers, check, images: inputs.count, minimumNorm: minimumNorm)
                + alignmentWarnings(options)
                + (thresholds?.refusedRates.map(\.description) ?? [])
        )
        do {
            if let path = options.report { try report.write(to: path) }
        } catch {
            throw .model(error)
        }
        return report
    }

    /// The network in floating point. A preprocessing that cannot be is refused before any image is read.
    private static func floatNetwork(_ options: ImportOptions) throws(ImportError) -> FloatNetwork {
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
            isNormalisationStated: options.isNormalisationStated,
            externalData: OnnxExternalData(besides: options.onnx)
        )
        do {
            try options.preprocessing.validate()
        } catch {
            throw .model(error)
        }
        return network
    }

    /// The network's inputs for the calibration images, and how many of these gave no frame.
    private static func calibrationInputs(
        _ options: ImportOptions,
        for network: FloatNetwork
    ) throws(ImportError) -> (inputs: [[UInt8]], refusedImages: Int) {
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
        return (inputs, paths.count - inputs.count)
    }

    /// The model without thresholds; private weights get fresh blinders.
    private static func embeddingModel(
        _ integers: IntegerNetwork,
        minimumNorm: UInt32,
        options: ImportOptions
    ) throws(ImportError) -> EmbeddingModel {
        do {
            return try EmbeddingModel(
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
    }

    /// The model with thresholds from the pairs, where there are any.
    private static func withThresholds(
        _ model: EmbeddingModel,
        options: ImportOptions,
        progress: (String, Double) -> Void
    ) throws(ImportError) -> (EmbeddingModel, CalibrationReport?) {
        guard let file = options.pairs else { return (model, nil) }
        let pairs = try self.pairs(contentsOf: file, root: options.pairsRoot ?? options.calibration)
        return try calibrate(
            model,
            on: try evaluationSet(pairs: pairs),
            preparation: options.preparation,
            falseMatchRates: options.falseMatchRates
        ) { progress($0, $1) }
    }

    /// What whoever imports should look at.
    private static func warnings(
        _ network: FloatNetwork,
        _ integers: IntegerNetwork,
        _ check: QuantisationCheck,
        images: Int,
        minimumNorm: UInt32
    ) -> [String] {
        var warnings: [String] = []
        if images < 100 { warnings.append("\(images) calibration images; 100 or more are recommended") }
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
        return warnings
    }

    /// Without an alignment the sensor gives the network its frames uncut, of whatever the folder has pictures.
    private static func alignmentWarnings(_ options: ImportOptions) -> [String] {
        guard options.preprocessing.alignment == .none,
            let wanted = Alignment.allCases.first(where: { $0.modality == options.modality })
        else { return [] }
        return [
            "no --align: the sensor will give the network whole frames; a network that was trained on crops needs "
                + "--align \(wanted.rawValue) (docs/alignment.md)"
        ]
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
                var quantiser = try Quantiser(
                    network,
                    statistics: statistics,
                    shift: shift,
                    tableBits: options.tableBits,
                    limitsScales: options.limitsScales
                )
                let integers = try quantiser.quantise()
                let agreement = try QuantisationCheck(integers, of: network, scales: quantiser.scales, inputs: images) {
                    _ in
                }.agreement
                let weight = integers.layers.flatMap(\.terms).flatMap(\.weights).map(\.magnitude).max() ?? 0
                trial.medianCosine = agreement.medianCosine
                trial.leastCosine = agreement.leastCosine
                trial.limitedChannels = quantiser.limited.reduce(0) { $0 + $1.count }
                trial.weightBits = bitLength(Int(weight)) + 1
            } catch {
                // It does not fit: the trial stays empty.
            }
            return trial
        }
    }
}
