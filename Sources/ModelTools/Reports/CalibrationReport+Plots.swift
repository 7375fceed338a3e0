import Foundation

extension CalibrationReport {
    private static let genuineColour = "#0072b2"
    private static let impostorColour = "#d55e00"

    /// A rate as a percentage, with as many digits as it needs.
    static func percent(_ rate: Double) -> String {
        guard rate > 0 else { return "0 %" }
        let digits = Swift.max(0, Int((-log10(rate * 100)).rounded(.up)) + 1)
        return String(format: "%.\(Swift.min(Swift.max(digits, 1), 7))f %%", rate * 100)
    }

    private var markers: [SVGPlot.Marker] { points.map(SVGPlot.Marker.init) }

    /// Genuine matches against false matches, these on a logarithmic axis.
    var rocPlot: String {
        let floor = DETPlot.floor(impostorPairs)
        let decades = -log10(floor)
        let axis = SVGPlot.Axis(
            label: "false match rate",
            position: { $0 > floor ? (log10($0) + decades) / decades : 0 },
            ticks: (0...Int(decades)).map { (pow(10, -Double($0)), $0 == 0 ? "1" : "1e-\($0)") }
        )
        // From the first round number below the curve.
        let worst = curve.filter { $0.fmr > 0 }.map(\.fnmr).max() ?? 1
        let bottom = 1 - Swift.min(1, (Swift.max(worst, 0.01) * 10).rounded(.up) / 10)
        let vertical = SVGPlot.Axis(
            label: "true match rate (1 - FNMR)",
            position: { ($0 - bottom) / (1 - bottom) },
            ticks: (0...5).map { step in
                let value = bottom + (1 - bottom) * Double(step) / 5
                return (value, String(format: "%.2f", value))
            }
        )
        var plot = SVGPlot(title: "ROC: \(name)", x: axis, y: vertical)
        plot.lines = [
            SVGPlot.Line(colour: Self.genuineColour, points: curve.map { (x: $0.fmr, y: 1 - $0.fnmr) })
        ]
        plot.labelsBelow = true
        plot.markers = markers.map { marker in
            var marker = marker
            marker.y = (1 - marker.y.upper, 1 - marker.y.value, 1 - marker.y.lower)
            return marker
        }
        return plot.render()
    }

    /// Both error rates on normal-deviate axes.
    var detPlot: String {
        DETPlot(
            title: "DET: \(name)",
            curves: [DETPlot.Curve(label: "", points: curve)],
            markers: markers,
            genuinePairs: genuinePairs,
            impostorPairs: impostorPairs
        ).render()
    }

    /// Shares of the comparisons by cosine. What matches at no threshold is in the first bar.
    var histogramPlot: String {
        func shares(_ histogram: Histogram) -> [Double] {
            let total = Double(Swift.max(histogram.refused + histogram.counts.reduce(0, +), 1))
            return ([histogram.refused] + histogram.counts).map { Double($0) / total }
        }
        let bars = [shares(impostorScores), shares(genuineScores)]
        let most = Swift.max(bars.flatMap { $0 }.max() ?? 0, 0.01)
        let count = Double(Histogram.bins + 1)
        let axis = SVGPlot.Axis(
            label: "cosine (square root of the greatest numerator / 65536); first bar: matches at no threshold",
            position: { ($0 * Double(Histogram.bins) + 1) / count },
            ticks: (0...5).map { (Double($0) / 5, String(format: "%.1f", Double($0) / 5)) }
        )
        let vertical = SVGPlot.Axis(
            label: "share of the comparisons",
            position: { $0 / most },
            ticks: (0...4).map { (most * Double($0) / 4, String(format: "%.1f %%", most * 25 * Double($0))) }
        )
        var plot = SVGPlot(title: "Scores: \(name)", x: axis, y: vertical)
        plot.bars = [
            SVGPlot.Bars(colour: Self.impostorColour, heights: bars[0]),
            SVGPlot.Bars(colour: Self.genuineColour, heights: bars[1]),
        ]
        plot.lines = self.points.map { point in
            SVGPlot.Line(colour: "#000000", points: [(x: point.cosine, y: 0), (x: point.cosine, y: most)])
        }
        plot.legend = [
            ("different people", Self.impostorColour), ("same person", Self.genuineColour), ("thresholds", "#000000"),
        ]
        return plot.render()
    }
}
