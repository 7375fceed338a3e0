/// What the localiser sees: 160 x 192 samples of a touch sensor, which stands in the middle if it is smaller.
struct FingerFrame {
    static let width = 160
    static let height = 192

    /// Deviations below this part of the greatest ones are background, and stay small.
    private static let floor: Float = 0.25
    /// The least grey level that a local deviation counts as.
    private static let leastDeviation: Float = 4
    /// Whole numbers of one local deviation, and the largest of them.
    private static let unit: Float = 48
    private static let limit: Float = 127

    let raster: FingerRaster
    let contrast: LocalContrast

    /// A larger raster is cut about the finger, which is where it deviates most.
    init(_ picture: FingerRaster) {
        let cut = Self.placement(of: picture)
        var raster = FingerRaster(width: Self.width, height: Self.height)
        for row in cut.rows {
            for column in cut.columns {
                raster.greys[row * Self.width + column] =
                    picture.greys[(row + cut.top) * picture.width + column + cut.left]
            }
        }
        self.raster = raster
        contrast = LocalContrast(raster, columns: cut.columns, rows: cut.rows)
    }

    /// Local contrast made even: -127 ... 127, ridges negative, 0 where the sensor has no samples; row by row, 128 added.
    var evened: [UInt8] {
        var values = [UInt8](repeating: 128, count: Self.width * Self.height)
        let least = max(Self.floor * contrast.greatest, Self.leastDeviation)
        for row in contrast.rows {
            for column in contrast.columns {
                let index = row * Self.width + column
                let deviation = contrast.deviations[index]
                let spread = (deviation * deviation + least * least).squareRoot()
                let value = Self.unit * (raster.greys[index] - contrast.means[index]) / spread
                let whole = min(max(value, -Self.limit), Self.limit).rounded(.toNearestOrEven)
                values[index] = UInt8(truncatingIfNeeded: Int(whole) + 128)
            }
        }
        return values
    }

    /// Which rows and columns of a frame a picture fills; frame (row, column) is the picture's (row + top, column + left).
    private static func placement(
        of picture: FingerRaster
    ) -> (columns: Range<Int>, rows: Range<Int>, left: Int, top: Int) {
        let centre = picture.width > width || picture.height > height ? middle(of: picture) : (column: 0, row: 0)
        func along(_ size: Int, _ frame: Int, about centre: Int) -> (filled: Range<Int>, offset: Int) {
            guard size > frame else {
                let border = (frame - size) / 2
                return (border..<border + size, -border)
            }
            return (0..<frame, min(max(centre - frame / 2, 0), size - frame))
        }
        let (columns, left) = along(picture.width, width, about: centre.column)
        let (rows, top) = along(picture.height, height, about: centre.row)
        return (columns, rows, left, top)
    }

    /// The centre of gravity of the foreground.
    private static func middle(of picture: FingerRaster) -> (column: Int, row: Int) {
        let contrast = LocalContrast(picture, columns: 0..<picture.width, rows: 0..<picture.height)
        var (count, columns, rows) = (0, 0, 0)
        for row in contrast.rows {
            for column in contrast.columns where contrast.isForeground(row * picture.width + column) {
                count += 1
                columns += column
                rows += row
            }
        }
        guard count > 0 else { return (picture.width / 2, picture.height / 2) }
        return (columns / count, rows / count)
    }
}
