import IntegerNetwork
import Models

/// How images become frames that a model's preprocessing takes: the same for a sensor and for an evaluation.
public enum FramePreparation: Sendable {
    /// Images are as the model wants them: crops on its template, or of a model without one.
    case aligned
    /// Images are as a camera gives them; models that want an alignment get it by this aligner.
    case raw(any FrameAligner)

    /// The network's input: `width` x `height` pixels.
    package func apply(
        _ preprocessing: Preprocessing,
        to image: GrayImage,
        width: Int,
        height: Int
    ) throws(FrameRefusal) -> GrayImage {
        guard case .raw(let aligner) = self, preprocessing.alignment != .none else {
            return preprocessing.apply(to: image, width: width, height: height)
        }
        guard aligner.alignment == preprocessing.alignment else {
            throw FrameRefusal(advice: "the model wants another alignment")
        }
        let frame = try aligner.align(image)
        try preprocessing.checkLight(of: frame)
        return preprocessing.apply(to: frame.image, width: width, height: height)
    }
}

extension Preprocessing {
    /// What a model needs that takes greys as they are: it learned from faces in usual light, and strangers in dim light look alike to
    /// it (docs/models/face-v2.md).
    static let leastContrastAsItIs = 12.0

    /// Whether an aligned frame has the light that the model needs, beyond what its aligner asks for.
    public func checkLight(of frame: AlignedFrame) throws(FrameRefusal) {
        guard !levelsGrey, let contrast = frame.contrast, contrast < Self.leastContrastAsItIs else { return }
        throw FrameRefusal(advice: LightMeasures.advice(contrast: contrast, least: Self.leastContrastAsItIs))
    }

    /// - Returns: `width` x `height` pixels.
    func apply(to image: GrayImage, width: Int, height: Int) -> GrayImage {
        var image = levelsGrey ? GreyLevelling.apply(to: image) : image
        if windowWidth > 0 {
            image = image.centreWindow(width: windowWidth, height: windowHeight, background: background)
        }
        if keepsAspect, image.width * height != image.height * width {
            let cropWidth = Swift.max(1, Swift.min(image.width, image.height * width / height))
            let cropHeight = Swift.max(1, Swift.min(image.height, image.width * height / width))
            image = image.centreWindow(width: cropWidth, height: cropHeight, background: 255)
        }
        return image.resized(width: width, height: height)
    }
}

extension EmbeddingModel {
    /// The network's input for an image, aligned already if the model wants that: `input.count` pixels.
    public func preprocess(_ image: GrayImage) -> [UInt8] {
        preprocessing.apply(to: image, width: input.width, height: input.height).pixels
    }

    /// The network's input for an image that `preparation` says more about.
    public func preprocess(_ image: GrayImage, _ preparation: FramePreparation) throws(FrameRefusal) -> [UInt8] {
        try preparation.apply(preprocessing, to: image, width: input.width, height: input.height).pixels
    }

    /// The embedding of an image, aligned already if the model wants that: `dimension` entries in -127...127.
    public func embed(_ image: GrayImage) throws(ModelError) -> [Int16] {
        try embed(input: preprocess(image))
    }
}
