import Foundation

/// The detection error trade-off: both error rates on normal-deviate axes, on which scores that are normally distributed make a line.
struct DETPlot {
    struct Curve {
        /// Not in the legend where it is empty.
        var label: String
        var points: [CalibrationReport.CurvePoint]
    }

    /// Okabe and Ito's, which most of the colour-blind tell apart.
    private static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"]

    var title: String
    var curves: [Curve]
    var markers: [SVGPlot.Marker]
    var genuinePairs: Int
    var impostorPairs: Int

    /// The least rate above 0 that one comparison makes, as a power of ten.
    static func floor(_ trials: Int) -> Double {
        pow(10, -log10(Double(Swift.max(trials, 10))).rounded(.up))
    }

    private static func axis(_ label: String, trials: Int) -> SVGPlot.Axis {
        let low = NormalDeviate.quantile(floor(trials))
        let high = NormalDeviate.quantile(0.8)
        let rates = [0.000_001, 0.000_01, 0.0001, 0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8]
        return SVGPlot.Axis(
            label: label,
            position: { (NormalDeviate.quantile($0) - low) / (high - low) },
            ticks: rates.filter { $0 >= floor(trials) }.map { rate in
                (rate, rate < 0.001 ? String(format: "%g", rate) : String(format: "%g %%", rate * 100))
            }
        )
    }

    func render() -> String {
        var plot = SVGPlot(
            title: title,
            x: Self.axis("false match rate (normal deviates)", trials: impostorPairs),
            y: Self.axis("false non-match rate (normal deviates)", trials: genuinePairs)
        )
        plot.lines = [SVGPlot.Line(colour: "#999999", points: [(x: 0.000_001, y: 0.000_001), (x: 0.8, y: 0.8)])]
        plot.legend = [("equal errors", "#999999")]
        for (index, curve) in curves.enumerated() {
            let colour = Self.colours[index % Self.colours.count]
            plot.lines.append(SVGPlot.Line(colour: colour, points: curve.points.map { (x: $0.fmr, y: $0.fnmr) }))
            if !curve.label.isEmpty { plot.legend.append((curve.label, colour)) }
        }
        plot.markers = markers
        return plot.render()
    }
}

extension SVGPlot.Marker {
    init(_ point: OperatingPoint) {
        self.init(
            label: "FMR \(point.fmr ?? 0)",
            x: (point.falseMatches.lower, point.falseMatches.rate, point.falseMatches.upper),
            y: (point.falseNonMatches.lower, point.falseNonMatches.rate, point.falseNonMatches.upper)
        )
    }
}
