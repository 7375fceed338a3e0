/// An 8-bit grey image, row by row; 0 is black.
public struct GrayImage: Hashable, Sendable {
    /// Pixels a row; positive.
    public let width: Int
    /// Rows; positive.
    public let height: Int
    /// `width * height`, index y * width + x, from the top left.
    public let pixels: [UInt8]

    /// - Returns: nil unless both sides are positive and `pixels` holds width x height bytes.
    public init?(width: Int, height: Int, pixels: [UInt8]) {
        guard width > 0, height > 0 else { return nil }
        let (count, overflow) = width.multipliedReportingOverflow(by: height)
        guard !overflow, pixels.count == count else { return nil }
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// A single grey.
    init(width: Int, height: Int, filledWith pixel: UInt8) {
        self.width = width
        self.height = height
        pixels = [UInt8](repeating: pixel, count: width * height)
    }

    /// The window of `width` x `height` about the centre; what lies outside the image is `background`.
    public func centreWindow(width: Int, height: Int, background: UInt8) -> GrayImage {
        let left = (self.width - width) >> 1
        let top = (self.height - height) >> 1
        var pixels = [UInt8](repeating: background, count: width * height)
        for y in Swift.max(0, -top)..<Swift.max(Swift.max(0, -top), Swift.min(height, self.height - top)) {
            let columns = Swift.max(0, -left)..<Swift.max(Swift.max(0, -left), Swift.min(width, self.width - left))
            let from = (y + top) * self.width + left
            for x in columns { pixels[y * width + x] = self.pixels[from + x] }
        }
        return GrayImage(unchecked: pixels, width: width, height: height)
    }

    init(unchecked pixels: [UInt8], width: Int, height: Int) {
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}
