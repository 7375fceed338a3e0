import NetworkProof

/// How images become frames that a model's preprocessing takes: the same for a sensor and for an evaluation.
public enum FramePreparation: Sendable {
    /// Images are as the model wants them: crops on its template, or of a model without one.
    case aligned
    /// Images are as a camera gives them; models that want an alignment get it by this aligner.
    case raw(any FrameAligner)

    /// The network's input: `width` x `height` pixels.
    func apply(
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
        return preprocessing.apply(to: try aligner.align(image).image, width: width, height: height)
    }
}
