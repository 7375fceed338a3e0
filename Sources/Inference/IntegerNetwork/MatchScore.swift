/// The integers that a decision is made of.
public struct MatchScore: Hashable, Sendable, Codable {
    /// S = <e, t>.
    public var product: Int
    /// E = <e, e>.
    public var probeNorm: Int
    /// T = <t, t>.
    public var templateNorm: Int

    public init(product: Int, probeNorm: Int, templateNorm: Int) {
        self.product = product
        self.probeNorm = probeNorm
        self.templateNorm = templateNorm
    }

    /// The score of an embedding against a template of as many entries.
    public init(probe: [Int16], template: [Int16]) {
        var (product, probeNorm, templateNorm) = (0, 0, 0)
        for (e, t) in zip(probe, template) {
            product += Int(e) * Int(t)
            probeNorm += Int(e) * Int(e)
            templateNorm += Int(t) * Int(t)
        }
        self.init(product: product, probeNorm: probeNorm, templateNorm: templateNorm)
    }

    /// S >= 1, E >= E_min and 2^16 S^2 >= numerator E T, exactly.
    public func matches(numerator: UInt16, minimumNorm: UInt32) -> Bool {
        guard product >= 1, probeNorm >= Int(minimumNorm) else { return false }
        return Int128(product) * Int128(product) << 16
            >= Int128(numerator) * Int128(probeNorm) * Int128(templateNorm)
    }

    /// The greatest numerator with which the score matches, 0...65535; nil if it matches with none.
    public func greatestNumerator(minimumNorm: UInt32) -> Int? {
        guard matches(numerator: 0, minimumNorm: minimumNorm) else { return nil }
        let norms = Int128(probeNorm) * Int128(templateNorm)
        guard norms > 0 else { return nil }
        return Int(Swift.min((Int128(product) * Int128(product) << 16) / norms, 65535))
    }

    /// The cosine, for people; 0 where a norm is 0.
    public var cosine: Double {
        let norms = Double(probeNorm) * Double(templateNorm)
        return norms > 0 ? Double(product) / norms.squareRoot() : 0
    }
}
