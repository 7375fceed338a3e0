import Models

/// Brings what a model recognises onto the model's template, as its preprocessing asks for.
///
/// An aligner stands beside the network, not in it: its place in a proof is that of a camera. Only who captures or
/// evaluates needs one; provers and verifiers do not.
public protocol FrameAligner: Sendable {
    /// What it aligns to.
    var alignment: Alignment { get }

    /// Brings the frame onto the template. Throws where it does not show exactly what the template is of, well enough.
    func align(_ frame: GrayImage) throws(FrameRefusal) -> AlignedFrame

    /// The same, for a frame that comes with its resolution; nil: it is what the aligner was told.
    func align(_ frame: GrayImage, dotsPerInch: Int?) throws(FrameRefusal) -> AlignedFrame
}

extension FrameAligner {
    /// Not every aligner asks for one.
    public func align(_ frame: GrayImage, dotsPerInch: Int?) throws(FrameRefusal) -> AlignedFrame { try align(frame) }
}

/// A frame on the template.
public struct AlignedFrame: Sendable {
    /// 112 x 112 or 128 x 128 pixels, as `Alignment` says.
    public var image: GrayImage
    /// 0...1, for advice only.
    public var quality: Double
    /// Standard deviation of grey within a face; nil of anything else.
    public var contrast: Double?

    public init(image: GrayImage, quality: Double, contrast: Double? = nil) {
        self.image = image
        self.quality = quality
        self.contrast = contrast
    }
}

/// Why a frame gives no input, in words for whoever is in front of the sensor.
public struct FrameRefusal: Error, Hashable, Sendable {
    /// In words, without a full stop.
    public var advice: String

    public init(advice: String) {
        self.advice = advice
    }
}

extension FrameRefusal: CustomStringConvertible {
    public var description: String { advice }
}
