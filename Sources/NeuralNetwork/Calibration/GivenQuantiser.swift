/// A quantiser that the imported graph names (QuantizeLinear, DequantizeLinear): x is read as
/// scale * min(max(round(x / scale), lower), upper).
struct GivenQuantiser: Equatable {
    var scale: Float
    /// The element type's range less the zero point.
    var lower: Int
    var upper: Int

    func callAsFunction(_ x: Float) -> Float {
        let steps = (x / scale).rounded(.toNearestOrEven)
        return scale * Swift.min(Swift.max(steps, Float(lower)), Float(upper))
    }
}
