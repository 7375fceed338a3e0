import Encoding
import Foundation

/// A small plot as a self-contained SVG document: no script, no font, no link.
struct SVGPlot {
    struct Axis {
        var label: String
        /// From a value to 0...1; values outside are cut to it.
        var position: @Sendable (Double) -> Double
        var ticks: [(value: Double, label: String)]
    }

    struct Bars {
        var colour: String
        /// Height of each of the evenly spaced bars, on the y axis.
        var heights: [Double]
    }

    struct Line {
        var colour: String
        var points: [(x: Double, y: Double)]
    }

    /// A point with its intervals.
    struct Marker {
        var label: String
        var x: (lower: Double, value: Double, upper: Double)
        var y: (lower: Double, value: Double, upper: Double)
    }

    var title: String
    var x: Axis
    var y: Axis
    var bars: [Bars] = []
    var lines: [Line] = []
    var markers: [Marker] = []
    /// Labels of the markers stand below them, not above.
    var labelsBelow = false
    var legend: [(label: String, colour: String)] = []

    static let width = 640.0
    static let height = 420.0
    private static let left = 72.0
    private static let right = 20.0
    private static let top = 40.0
    private static let bottom = 56.0

    private func horizontal(_ value: Double) -> Double {
        Self.left + Swift.min(Swift.max(x.position(value), 0), 1) * (Self.width - Self.left - Self.right)
    }

    private func vertical(_ value: Double) -> Double {
        let room = Self.height - Self.top - Self.bottom
        return Self.top + (1 - Swift.min(Swift.max(y.position(value), 0), 1)) * room
    }

    /// For text and attributes of XML. Names of files and groups may hold anything; XML has no word for most controls.
    static func escape(_ text: String) -> String {
        DisplayName.shown(text).replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
    }

    private static func format(_ value: Double) -> String { String(format: "%.1f", value) }

    private static func text(_ text: String, _ x: Double, _ y: Double, _ attributes: String) -> String {
        "<text x=\"\(format(x))\" y=\"\(format(y))\" \(attributes)>\(escape(text))</text>\n"
    }

    private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String) -> String {
        "<line x1=\"\(format(x1))\" y1=\"\(format(y1))\" x2=\"\(format(x2))\" "
            + "y2=\"\(format(y2))\" stroke=\"\(colour)\"/>\n"
    }

    /// The document, without an XML declaration, so that it can stand in HTML as it is.
    func render() -> String {
        let (width, height) = (Int(Self.width), Int(Self.height))
        var svg =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
            + "viewBox=\"0 0 \(width) \(height)\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n"
        svg += "<title>\(Self.escape(title))</title>\n"
        svg += "<rect width=\"\(width)\" height=\"\(height)\" fill=\"#ffffff\"/>\n"
        svg += Self.text(title, Self.width / 2, 22, "text-anchor=\"middle\" font-size=\"14\" fill=\"#000000\"")
        svg += axes()
        for bars in self.bars { svg += render(bars) }
        for line in lines where line.points.count > 1 {
            let points = line.points.map { "\(Self.format(horizontal($0.x))),\(Self.format(vertical($0.y)))" }
            svg += "<polyline fill=\"none\" stroke=\"\(line.colour)\" stroke-width=\"2\" points=\""
            svg += "\(points.joined(separator: " "))\"/>\n"
        }
        for marker in markers { svg += render(marker) }
        for (index, entry) in legend.enumerated() {
            let y = Self.top + 16 + Double(index) * 18
            svg +=
                "<rect x=\"\(Self.format(Self.width - 190))\" y=\"\(Self.format(y - 10))\" width=\"12\" height=\"12\" "
            svg += "fill=\"\(entry.colour)\"/>\n"
            svg += Self.text(entry.label, Self.width - 172, y, "fill=\"#000000\"")
        }
        return svg + "</svg>\n"
    }

    private func axes() -> String {
        var svg = ""
        let (left, right) = (Self.left, Self.width - Self.right)
        let (top, bottom) = (Self.top, Self.height - Self.bottom)
        for tick in x.ticks {
            let position = horizontal(tick.value)
            svg += Self.line(position, top, position, bottom, "#dddddd")
            svg += Self.text(tick.label, position, bottom + 16, "text-anchor=\"middle\" fill=\"#000000\"")
        }
        for tick in y.ticks {
            let position = vertical(tick.value)
            svg += Self.line(left, position, right, position, "#dddddd")
            svg += Self.text(tick.label, left - 6, position + 4, "text-anchor=\"end\" fill=\"#000000\"")
        }
        svg += Self.line(left, bottom, right, bottom, "#000000") + Self.line(left, top, left, bottom, "#000000")
        svg += Self.text(
            x.label,
            (left + right) / 2,
            Self.height - 14,
            "text-anchor=\"middle\" fill=\"#000000\""
        )
        let middle = (top + bottom) / 2
        return svg
            + Self.text(
                y.label,
                16,
                middle,
                "text-anchor=\"middle\" fill=\"#000000\" transform=\"rotate(-90 16 \(Self.format(middle)))\""
            )
    }

    private func render(_ bars: Bars) -> String {
        var svg = ""
        let room = Self.width - Self.left - Self.right
        let step = room / Double(Swift.max(bars.heights.count, 1))
        let bottom = vertical(-.infinity)
        for (index, height) in bars.heights.enumerated() where height > 0 {
            let top = vertical(height)
            svg += "<rect x=\"\(Self.format(Self.left + Double(index) * step))\" y=\"\(Self.format(top))\" "
            svg += "width=\"\(Self.format(step))\" height=\"\(Self.format(bottom - top))\" fill=\"\(bars.colour)\" "
            svg += "fill-opacity=\"0.6\"/>\n"
        }
        return svg
    }

    private func render(_ marker: Marker) -> String {
        let (x, y) = (horizontal(marker.x.value), vertical(marker.y.value))
        return Self.line(horizontal(marker.x.lower), y, horizontal(marker.x.upper), y, "#000000")
            + Self.line(x, vertical(marker.y.lower), x, vertical(marker.y.upper), "#000000")
            + "<circle cx=\"\(Self.format(x))\" cy=\"\(Self.format(y))\" r=\"3.5\" fill=\"#000000\"/>\n"
            + Self.text(marker.label, x + 7, y + (labelsBelow ? 18 : -7), "fill=\"#000000\"")
    }
}
