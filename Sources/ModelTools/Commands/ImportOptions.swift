import Imaging
import Models

/// What an import needs besides the network.
public struct ImportOptions: Sendable {
    /// Path of the ONNX file.
    public var onnx: String
    /// Folder of images like those that the model will see, searched recursively; 100 or more.
    public var calibration: String
    /// Path of the model file to write.
    public var output: String
    /// Of the model, 1 to 255 bytes.
    public var name: String
    /// "face" or "fingerprint".
    public var modality: String
    /// The network was trained on (pixel - mean) / scale, pixel in 0...255.
    public var mean: Float = 127.5
    /// As the network was trained; positive.
    public var scale: Float = 127.5
    /// Whether mean and scale are somebody's word; otherwise a network that normalises pixels itself is refused.
    public var isNormalisationStated = true
    /// s: accumulators are divided by 2^s.
    public var shift = 12
    /// log2 of the rows of a table.
    public var tableBits = 15
    /// Whether to reduce the scale of channels whose accumulators would leave the table; otherwise they are refused.
    public var limitsScales = true
    /// Images that are used of the folder, spread evenly.
    public var maximumImages = 256
    /// Part of the model; applied to all images that are read here.
    public var preprocessing = Preprocessing()
    /// Whether images of folder and pairs are crops, or frames that have to be aligned.
    public var preparation = FramePreparation.aligned
    /// Whether the published model hides the weights.
    public var hasPrivateWeights = false
    /// File of pairs for the thresholds: see ``ModelCommands/pairs(contentsOf:root:)``.
    public var pairs: String?
    /// Folder that the pairs' paths are relative to; the calibration folder if nil.
    public var pairsRoot: String?
    /// False-match rates to find thresholds for.
    public var falseMatchRates: [Double] = [0.01, 0.001, 0.0001]

    /// Where to write the report: .html, .json, else Markdown; nil for none.
    public var report: String?

    public init(onnx: String, calibration: String, output: String, name: String, modality: String) {
        self.onnx = onnx
        self.calibration = calibration
        self.output = output
        self.name = name
        self.modality = modality
    }
}
