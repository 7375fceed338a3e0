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

    package func validate() throws(ModelError) {
        guard (self.windowWidth == 0) == (self.windowHeight == 0),
            0...4096 ~= self.windowWidth, 0...4096 ~= self.windowHeight,
            self.windowWidth > 0 || self.background == 255
        else { throw .invalidPreprocessing }
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(UInt16(truncatingIfNeeded: self.windowWidth))
        writer.write(UInt16(truncatingIfNeeded: self.windowHeight))
        writer.write(self.background)
        writer.write(UInt8(self.keepsAspect ? 1 : 0))
    }

    package init(decoding reader: inout ByteReader) throws(ModelError) {
        self.init(
            windowWidth: Int(try reader.read(UInt16.self)),
            windowHeight: Int(try reader.read(UInt16.self)),
            background: try reader.read(),
            keepsAspect: try reader.read(UInt8.self, in: 0...1) == 1
        )
    }
}
