import Foundation
import IntegerNetwork
import Models

extension ImportReport {
    /// Writes the report: HTML if the name ends in .html, JSON if in .json, else Markdown.
    public func write(to path: String) throws(ModelError) {
        guard path.lowercased().hasSuffix(".json") else { return try document.write(to: path) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { throw .unwritable(path: path) }
        try FileAccess.write([UInt8](data), to: path)
    }

    private static func figure(_ value: Double) -> String { String(format: "%.4g", value) }
    private static func figure(_ value: Float) -> String { figure(Double(value)) }

    var document: ReportDocument {
        var document = ReportDocument(title: "Import of \(model.name)")
        let agreement = self.agreement
        document.parts = [
            .table(
                columns: ["", ""],
                rows: [
                    ["modality", model.modality],
                    ["model identity", model.identity],
                    [
                        "network",
                        "\(model.layers.count) layers, \(model.activations) activations, "
                            + "\(model.weights) weights, \(model.multiplications) multiply-adds",
                    ],
                    ["calibration images", "\(images)"],
                    [
                        "cosine to the floating-point embedding",
                        "median \(Self.figure(agreement.medianCosine)), 5 % "
                            + "\(Self.figure(agreement.fifthPercentileCosine)), least "
                            + Self.figure(agreement.leastCosine),
                    ],
                    [
                        "<e, e>",
                        "least \(agreement.leastNorm), median \(agreement.medianNorm), greatest "
                            + "\(agreement.greatestNorm); usable from \(model.minimumNorm)",
                    ],
                ]
            )
        ]
        if !warnings.isEmpty { document.parts += [.heading("Warnings"), .list(warnings)] }
        document.parts += shiftParts + scaleParts
        document.parts += [
            .heading("Layers"),
            .table(
                columns: [
                    "layer", "operators", "output", "table", "float range", "integers seen", "saturated",
                    "relative error", "quotients seen", "quotients possible", "bits of weights, biases",
                ],
                rows: nodes.map(Self.row)
            ),
            .paragraph(
                "Saturated: share of the activations that the table cuts off, a ReLU's zeros not counted. Relative "
                    + "error: root mean square of the difference between the integer activations over their scale and "
                    + "the floating-point ones, over that of the latter; it contains the errors of all layers before. "
                    + "Quotients possible: what any input allows, proved from the integer weights."
            ),
            .heading("Scales"),
            .table(
                columns: ["layer", "reads", "least", "greatest", "channels limited", "rule"],
                rows: nodes.map { node in
                    [
                        node.name, node.sources.joined(separator: " + "), Self.figure(node.smallestScale),
                        Self.figure(node.greatestScale), "\(node.limitedChannels)", node.scaleRule,
                    ]
                }
            ),
        ]
        return document
    }

    private static func row(_ node: Node) -> [String] {
        [
            node.name, node.operators, "\(node.channels)x\(node.height)x\(node.width)", node.table,
            node.floatRange.map(figure).joined(separator: " to "),
            node.integersSeen.map(String.init).joined(separator: " to "),
            CalibrationReport.percent(node.saturation), CalibrationReport.percent(node.relativeError),
            node.quotientsSeen.map(String.init).joined(separator: " to "),
            node.quotientBounds.map(String.init).joined(separator: " to "), "\(node.weightBits), \(node.biasBits)",
        ]
    }

    private var shiftParts: [ReportDocument.Part] {
        let shift = model.shift
        var parts: [ReportDocument.Part] = [
            .heading("Shift"),
            .paragraph(
                "s = \(shift): every accumulator is divided by 2^\(shift) = \(1 << shift), acc = 2^s q + r. All scales are "
                    + "folded into the weights, so s is the number of fractional bits of a weight, and rounding a weight "
                    + "moves q by at most 2^-\(shift + 1) for each unit of its source. A larger s costs the proof a larger "
                    + "table of remainders (2^s rows) and wider weights; a smaller one loses small weights."
            ),
        ]
        guard !shiftTrials.isEmpty else { return parts }
        parts.append(
            .table(
                columns: ["s", "median cosine", "least cosine", "channels limited", "bits of weights"],
                rows: shiftTrials.map { trial in
                    guard let median = trial.medianCosine else {
                        return ["\(trial.shift)", "does not fit", "", "", ""]
                    }
                    return [
                        "\(trial.shift)", String(format: "%.6f", median),
                        String(format: "%.6f", trial.leastCosine ?? 0), "\(trial.limitedChannels ?? 0)",
                        "\(trial.weightBits ?? 0)",
                    ]
                }
            )
        )
        parts.append(
            .paragraph("On \(trialImages) of the calibration images, against the floating-point embedding.")
        )
        return parts
    }

    private var scaleParts: [ReportDocument.Part] {
        [
            .paragraph(
                "A layer's scale S says which integer stands for which activation, z = S x. P is the 99.99 percentile of "
                    + "the activations' magnitudes (P+, P-: of x and -x) on the calibration images; the headroom beside "
                    + "it is for images that were not seen. Layers that are added up share one scale per channel, and a "
                    + "channel's scale is reduced where some input could take an accumulator out of the table."
            )
        ]
    }
}
