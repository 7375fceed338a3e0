/// How an image becomes a network's input, bytes to bytes; part of the model.
///
/// First an optional window of a fixed size in pixels about the centre (fingerprints, where the scale of 500 dpi
/// carries meaning), then an optional crop to the input's aspect ratio, then a resize. Mean and scale are folded into
/// the network.
public struct Preprocessing: Hashable, Sendable, Codable {
    /// Width and height of the centre window, or 0 and 0 for the whole image. At most 4096.
    public var windowWidth: Int
    public var windowHeight: Int
    /// Grey outside the image, where the window is larger.
    public var background: UInt8
    /// Whether to cut the longer axis, about the centre, to the input's aspect ratio; otherwise the image is stretched.
    public var keepsAspect: Bool

    public init(windowWidth: Int = 0, windowHeight: Int = 0, background: UInt8 = 255, keepsAspect: Bool = false) {
        self.windowWidth = windowWidth
        self.windowHeight = windowHeight
        self.background = background
        self.keepsAspect = keepsAspect
    }

    func validate() throws(ModelError) {
        guard (self.windowWidth == 0) == (self.windowHeight == 0),
            0...4096 ~= self.windowWidth, 0...4096 ~= self.windowHeight,
            self.windowWidth > 0 || self.background == 255
        else { throw .invalidPreprocessing }
    }

    /// - Returns: `width` x `height` pixels.
    func apply(to image: GrayImage, width: Int, height: Int) -> GrayImage {
        var image = image
        if self.windowWidth > 0 {
            image = image.centreWindow(width: self.windowWidth, height: self.windowHeight, background: self.background)
        }
        if self.keepsAspect, image.width * height != image.height * width {
            let cropWidth = Swift.max(1, Swift.min(image.width, image.height * width / height))
            let cropHeight = Swift.max(1, Swift.min(image.height, image.width * height / width))
            image = image.centreWindow(width: cropWidth, height: cropHeight, background: 255)
        }
        return Resampler.resize(image, width: width, height: height)
    }
}
