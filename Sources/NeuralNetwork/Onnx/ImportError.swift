import NetworkProof

/// Why a network was not imported.
public enum ImportError: Error, Hashable, Sendable {
    /// Why a node cannot be expressed, or proved, in the integer arithmetic.
    public enum Reason: Error, Hashable, Sendable {
        case unsupportedOperator
        case unsupportedAttribute(String)
        case unsupportedShape
        /// A weight, slope or shape that has to be a constant is computed.
        case notConstant(input: Int)
        case tensorTypeUnsupported
        case tensorMalformed
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

    case unreadable(path: String)
    case malformed
    case unsupportedOperatorSet(Int)
    case unsupportedInput
    case unsupportedOutput
    case refused(node: String, operator: String, reason: Reason)
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
    case model(ModelError)
}

extension ImportError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let path): "cannot read \(path)"
        case .malformed: "not a well-formed ONNX model"
        case .unsupportedOperatorSet(let version): "operator set \(version) is not supported"
        case .unsupportedInput: "the model must take one float tensor of shape [1, 1 or 3, height, width]"
        case .unsupportedOutput: "the model must give one tensor that a layer computes"
        case .refused(let node, let name, let reason): "node '\(node)' (\(name)) is refused: \(reason)"
        case .noCalibrationImages: "no calibration images"
        case .tooFewImages(let count, let least): "\(count) usable images, need \(least)"
        case .image(let path, let error): "\(path): \(error)"
        case .frame(let path, let refusal): "\(path): \(refusal.advice)"
        case .pairsMalformed(let line): "line \(line) of the pairs is malformed"
        case .pairsContradictory(let first, let second):
            "\(first) and \(second) are listed as different people, but other pairs link them as one person"
        case .noComparisons(let genuine, let impostor):
            "\(genuine) genuine and \(impostor) impostor comparisons: there must be some of both"
        case .invalidTemplateSamples(let count): "a template is the sum of 1 to 5 samples, not of \(count)"
        case .model(.unreadable(let path)): "cannot read \(path)"
        case .model(.unwritable(let path)): "cannot write \(path)"
        case .model(let error): "the quantised model is refused: \(error)"
        }
    }
}
