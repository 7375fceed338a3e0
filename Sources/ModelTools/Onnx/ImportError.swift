import Imaging
import Models

/// Why a network was not imported.
public enum ImportError: Error, Hashable, Sendable {
    /// Why a node cannot be expressed, or proved, in the integer arithmetic.
    public enum Reason: Error, Hashable, Sendable {
        case unsupportedOperator
        case unsupportedAttribute(String)
        case unsupportedShape
        /// A weight, slope or shape that has to be a constant is computed.
        case notConstant(input: Int)
        /// Elements of another type than floats of 16, 32 or 64 bits and integers of 8, 32 or 64.
        case tensorTypeUnsupported
        case tensorMalformed
        /// The entries lie in another file, which cannot be used.
        case externalData(String)
        /// A variance, with the epsilon, is not above zero.
        case varianceNotPositive
        case weightsNotFinite
        /// Padding of a committed block must stay zero under the activation.
        case activationNotZeroAtZero
        case activationUnsupportedHere
        /// The three input planes are not treated alike, so they do not fold into one grey plane.
        case inputPlanesDiffer
        /// Calibration saw no value but zero.
        case neverActive
        /// Even after scaling, an input in range gives an accumulator outside the table.
        case accumulatorOutsideTable(channel: Int)
        case weightTooLarge
        case limitExceeded
    }

    /// With the system's error number; mostly there is no such file (2, ENOENT).
    case unreadable(path: String, code: Int32 = 2)
    /// The file is too long, or none that can be read.
    case file(path: String, ModelError)
    case malformed
    /// An empty file, or one that is valid Protobuf by chance.
    case notAModel
    case unsupportedOperatorSet(Int)
    /// With what the network takes instead, in words.
    case unsupportedInput(found: String)
    case unsupportedOutput(found: String)
    /// The first node normalises the pixels, and nobody said that --mean and --scale come before that.
    case normalisesItself(node: String, operator: String)
    case refused(node: String, operator: String, reason: Reason)
    /// The first node of an operator that is not supported, and how many nodes there are of each such operator.
    case operatorsRefused(node: String, counts: [String: Int])
    case noCalibrationImages
    case tooFewImages(Int, least: Int)
    case image(path: String, ImageError)
    case frame(path: String, FrameRefusal)
    case pairsMalformed(line: Int)
    /// A list says of two images that they are and are not of one person, directly or through others.
    case pairsContradictory(first: String, second: String)
    /// Thresholds need comparisons of both kinds.
    case noComparisons(genuine: Int, impostor: Int)
    case invalidTemplateSamples(Int)
    case tooManyImages(Int, most: Int)
    case tooManyGroups(Int, most: Int)
    /// Not one comparison could be made: what became of the pictures.
    case nothingToEvaluate([PeopleEvaluation.Picture])
    /// Of a file that says which group people are of.
    case groupsMalformed(line: Int, reason: String)
    case model(ModelError)
}

extension ImportError {
    /// Why a file that an import needs could not be read.
    init(reading path: String, _ error: ModelError) {
        if case .unreadable(_, let code) = error {
            self = .unreadable(path: path, code: code)
        } else {
            self = .file(path: path, error)
        }
    }
}

extension ImportError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let path, let code): "\(ModelError.unreadable(path: path, code: code))"
        case .file(let path, let error): error.isAboutAFile ? "\(error)" : "\(path): \(error)"
        case .malformed: "not a well-formed ONNX model"
        case .notAModel: "not an ONNX model: it names no operator set and holds no graph"
        case .unsupportedOperatorSet(let version): "operator set \(version) is not supported, 7 to 24 are"
        case .unsupportedInput(let found):
            "the model must take one float tensor of shape [1, 1 or 3, height, width], and takes \(found)"
        case .unsupportedOutput(let found):
            "the model must give one tensor of 1 to \(NetworkLimits.dimension) entries that a layer computes, and gives \(found)"
        case .normalisesItself(let node, let name):
            "node '\(node)' (\(name)) normalises the pixels itself: say what comes before it, --mean 0 --scale 1 where nothing does"
        case .refused(let node, let name, let reason): "node '\(node)' (\(name)) is refused: \(reason)"
        case .operatorsRefused(let node, let counts):
            "node '\(node)' is refused; not supported are "
                + counts.sorted { $0.key < $1.key }.map { name, count in
                    name + (count > 1 ? " (\(count) nodes)" : "") + (Self.remedy(for: name).map { ": \($0)" } ?? "")
                }.joined(separator: "; ")
        case .noCalibrationImages: "no calibration images"
        case .tooFewImages(let count, let least): "\(count) usable images, need \(least)"
        case .image(let path, let error): "\(path): \(error)"
        case .frame(let path, let refusal): "\(path): \(refusal.advice)"
        case .pairsMalformed(let line): "line \(line) of the pairs is malformed"
        case .pairsContradictory(let first, let second):
            "\(first) and \(second) are listed as different people, but other pairs link them as one person"
        case .noComparisons(let genuine, let impostor):
            "\(genuine) genuine and \(impostor) impostor comparisons: there must be some of both"
        case .tooManyImages(let count, let most): "\(count) images, at most \(most) are taken"
        case .tooManyGroups(let count, let most): "\(count) groups, at most \(most) are taken"
        case .nothingToEvaluate(let pictures):
            "not one comparison can be made" + (pictures.isEmpty ? "" : ": \(pictures.count) pictures are of no use")
        case .groupsMalformed(let line, let reason): "line \(line) of the groups: \(reason)"
        case .invalidTemplateSamples(let count): "a template is the sum of 1 to 5 samples, not of \(count)"
        case .model(let error) where error.isAboutAFile: "\(error)"
        case .model(let error): "the quantised model is refused: \(error)"
        }
    }
}

extension ImportError {
    /// What to do in the network about an operator that is not supported.
    private static func remedy(for name: String) -> String? {
        switch name {
        case "MaxPool": "retrain with a strided convolution or AveragePool"
        case "ReduceL2", "Expand", "Sqrt":
            "cut the graph before the normalisation of the embedding, which cosines do not need"
        case "Elu", "Tanh", "Gelu", "Selu", "Mish", "Erf": "retrain with Relu, PRelu or HardSwish"
        case "Resize", "Upsample": "give the network its input at its size"
        case "Pad": "export with the pads in the convolution"
        case "QLinearConv", "QLinearMatMul": "export with QuantizeLinear and DequantizeLinear, or in floating point"
        case "LayerNormalization", "InstanceNormalization": "retrain with BatchNormalization"
        default: nil
        }
    }
}

extension ModelError {
    /// Whether it names a path, and not what is in the file.
    fileprivate var isAboutAFile: Bool {
        switch self {
        case .unreadable, .unwritable, .notAFile: true
        default: false
        }
    }
}

extension ImportError.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unsupportedOperator: "the operator is not supported there"
        case .unsupportedAttribute(let name): "its attribute '\(name)' has a value that is not supported"
        case .unsupportedShape: "its shapes are not supported"
        case .notConstant(let input): "its input \(input) has to be a constant"
        case .tensorTypeUnsupported:
            "a tensor's elements are neither floats of 16, 32 or 64 bits nor integers of 8, 32 or 64"
        case .tensorMalformed: "a tensor has not as many entries as its shape says"
        case .externalData(let reason): "its weights are in another file: \(reason)"
        case .varianceNotPositive: "a variance is not above zero"
        case .weightsNotFinite: "a weight is not a finite number"
        case .activationNotZeroAtZero: "the activation is not zero at zero, so padding would not stay zero"
        case .activationUnsupportedHere: "the activation is not supported there"
        case .inputPlanesDiffer: "it does not treat the three planes of the input alike"
        case .neverActive: "no calibration image made it give anything but zero"
        case .accumulatorOutsideTable(let channel): "channel \(channel) can leave its activation table"
        case .weightTooLarge: "a weight is too large"
        case .limitExceeded: "it is larger than the limits"
        }
    }
}
