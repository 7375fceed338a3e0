import Imaging

/// A finger's picture, its values checked.
public struct ReaderPicture: Sendable {
    /// Ridges dark.
    public let image: GrayImage
    /// Where the configuration says nothing: the driver's.
    public let dotsPerInch: Int?

    /// Nothing larger is copied: 52 mm, the longest finger, at 2000 dots per inch.
    static let sides = 8...4096
    /// Coarser readers do not resolve ridges, and finer ones there are none.
    static let resolutions = 250...2000

    /// - Throws: where a value cannot be, before anything is allocated for it.
    init(_ picture: DriverPicture?, _ choice: ReaderChoice) throws(ReaderFault) {
        guard let picture, !picture.bytes.isEmpty else { throw .nonsense("a picture without a pixel") }
        let (width, height) = (picture.width, picture.height)
        guard Self.sides ~= width, Self.sides ~= height else {
            throw .nonsense("a picture of \(width) x \(height) pixels")
        }
        guard picture.bytes.count == width * height else {
            throw .nonsense("\(picture.bytes.count) bytes for \(width) x \(height) pixels")
        }
        dotsPerInch = try Self.resolution(picture.perMillimetre, choice)
        let pixels = choice.ridges == .dark ? Array(picture.bytes) : picture.bytes.map { 255 - $0 }
        guard let image = GrayImage(width: width, height: height, pixels: pixels) else {
            throw .nonsense("a picture of \(width) x \(height) pixels")
        }
        self.image = image
    }

    /// The configuration's word goes before the driver's.
    private static func resolution(_ perMillimetre: Double, _ choice: ReaderChoice) throws(ReaderFault) -> Int? {
        if choice.dotsPerInch != nil { return nil }
        guard perMillimetre != 0 else { throw .noResolution }
        let value = (perMillimetre * 25.4).rounded()
        guard value.isFinite, Double(resolutions.lowerBound)...Double(resolutions.upperBound) ~= value else {
            throw .nonsense("\(perMillimetre) pixels a millimetre")
        }
        return Int(value)
    }
}
