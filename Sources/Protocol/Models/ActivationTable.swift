/// One saturating activation f of the quantised network: the table of (q, f(q)) that a proof looks rows up in.
///
/// Every table has f(0) = 0, so that the padding of a committed block is computed like the rest of it and stays zero
/// (docs/quantisation.md, "Activations").
public enum ActivationTable: Hashable, Sendable {
    /// f(q) = min(max(q, lower), upper).
    case clip(lower: Int, upper: Int)

    /// f(q) = clip(floor((a q^2 + b q + 2^(shift - 1)) / 2^shift)), the clip as above; for networks that square.
    case quadratic(a: Int, b: Int, shift: Int, lower: Int, upper: Int)

    /// f(q) = clip(floor((a q min(max(q + b, 0), c) + 2^(shift - 1)) / 2^shift)): q by a gate that opens along q, as
    /// HardSwish has it.
    case gate(a: Int, b: Int, c: Int, shift: Int, lower: Int, upper: Int)

    /// ReLU and ReLU6: 0...255.
    public static let unsigned = ActivationTable.clip(lower: 0, upper: 255)
    /// Linear layers and PReLU: -128...127.
    public static let signed = ActivationTable.clip(lower: -128, upper: 127)
    /// Embeddings: -127...127.
    public static let embedding = ActivationTable.clip(lower: -127, upper: 127)

    /// The range of f; contains 0.
    public var range: ClosedRange<Int> {
        switch self {
        case .clip(let lower, let upper), .quadratic(_, _, _, let lower, let upper),
            .gate(_, _, _, _, let lower, let upper):
            lower...upper
        }
    }

    /// f(q), for |q| < 2^31.
    public func value(at q: Int) -> Int {
        switch self {
        case .clip(let lower, let upper):
            return Swift.min(Swift.max(q, lower), upper)
        case .quadratic(let a, let b, let shift, let lower, let upper):
            let product = Int128(a) * Int128(q) * Int128(q) + Int128(b) * Int128(q)
            return Self.rounded(product, shift: shift, lower: lower, upper: upper)
        case .gate(let a, let b, let c, let shift, let lower, let upper):
            let opening = Swift.min(Swift.max(q + b, 0), c)
            return Self.rounded(
                Int128(a) * Int128(q) * Int128(opening),
                shift: shift,
                lower: lower,
                upper: upper
            )
        }
    }

    private static func rounded(_ product: Int128, shift: Int, lower: Int, upper: Int) -> Int {
        let rounded = (product + (Int128(1) << Int128(shift - 1))) >> Int128(shift)
        return Int(Swift.min(Swift.max(rounded, Int128(lower)), Int128(upper)))
    }

    /// Throws unless the parameters are in the range that a model may use: bounds in -128...255 around 0,
    /// |a|, |b| < 2^31, 1 <= c < 2^31, 1 <= shift <= 31 (62 for a gate).
    package func validate() throws(ModelError) {
        let valid =
            switch self {
            case .clip(let lower, let upper):
                Self.areBounds(lower, upper)
            case .quadratic(let a, let b, let shift, let lower, let upper):
                Self.areBounds(lower, upper) && a.magnitude < 1 << 31 && b.magnitude < 1 << 31 && 1...31 ~= shift
            case .gate(let a, let b, let c, let shift, let lower, let upper):
                Self.areBounds(lower, upper) && a.magnitude < 1 << 31 && b.magnitude < 1 << 31 && 1..<(1 << 31) ~= c
                    && 1...62 ~= shift
            }
        guard valid else { throw .invalidTable }
    }

    private static func areBounds(_ lower: Int, _ upper: Int) -> Bool {
        -128...0 ~= lower && 0...255 ~= upper && lower < upper
    }
}

extension ActivationTable: CustomStringConvertible {
    public var description: String {
        switch self {
        case .clip(let lower, let upper):
            "clip(\(lower)...\(upper))"
        case .quadratic(let a, let b, let shift, let lower, let upper):
            "quadratic(\(a) q^2 + \(b) q, >> \(shift), \(lower)...\(upper))"
        case .gate(let a, let b, let c, let shift, let lower, let upper):
            "gate(\(a) q min(max(q + \(b), 0), \(c)), >> \(shift), \(lower)...\(upper))"
        }
    }
}
