/// A format and size that a node offers.
package struct CaptureMode: Equatable, Sendable {
    package var format: PictureFormat
    package var code: UInt32
    package var width: Int
    package var height: Int

    /// What aligners and networks want: more only costs time.
    private static let wanted = (width: 640, height: 480)
    /// Larger sides and areas are no camera's, or cost too much.
    package static let maximumSide = 4096
    package static let maximumArea = 4096 * 3072

    /// What a node offers of the formats, the best first: of sizes the nearest to 640 x 480, of formats the first.
    package static func offered(by device: any VideoDevice, _ formats: [PictureFormat]) -> [CaptureMode] {
        let codes = device.formats()
        var modes: [(mode: CaptureMode, distance: Int)] = []
        for format in formats {
            for code in codes where format.codes.contains(code) {
                // A driver that lists no sizes takes what it is asked for, or says what it makes of it.
                let sizes = device.sizes(of: code)
                let size =
                    (sizes.isEmpty ? [wanted] : sizes.compactMap(nearest)).min { distance($0) < distance($1) }
                guard let size else { continue }
                let mode = CaptureMode(format: format, code: code, width: size.width, height: size.height)
                modes.append((mode, distance(size)))
            }
        }
        // Stable among equals, so that the order of the formats decides.
        return modes.enumerated().sorted { ($0.element.distance, $0.offset) < ($1.element.distance, $1.offset) }
            .map(\.element.mode)
    }

    private static func nearest(_ sizes: VideoSizes) -> (width: Int, height: Int)? {
        guard let width = nearest(to: wanted.width, sizes.widths),
            let height = nearest(to: wanted.height, sizes.heights), width * height <= maximumArea
        else { return nil }
        return (width, height)
    }

    private static func nearest(to wanted: Int, _ range: (least: Int, greatest: Int, step: Int)) -> Int? {
        guard range.least > 0, range.least <= range.greatest, range.least <= maximumSide else { return nil }
        let step = max(1, range.step)
        let aimed = min(max(wanted, range.least), range.greatest)
        return range.least + (aimed - range.least) / step * step
    }

    private static func distance(_ size: (width: Int, height: Int)) -> Int {
        (size.width - wanted.width).magnitude.addingCapped((size.height - wanted.height).magnitude)
    }

    /// For people, such as "GREY 640 x 360".
    package var words: String { "\(format.name) \(width) x \(height)" }
}

extension UInt {
    fileprivate func addingCapped(_ other: UInt) -> Int { Int(clamping: addingReportingOverflow(other).partialValue) }
}
