/// The activation of a layer before quantisation.
enum FloatActivation: Equatable {
    case none
    case relu
    /// min(max(x, 0), upper).
    case clip(upper: Float)
    /// One slope per channel.
    case prelu(slopes: [Float])
    /// square x^2 + linear x.
    case quadratic(square: Float, linear: Float)

    var isUnsigned: Bool {
        switch self {
        case .relu, .clip: true
        case .none, .prelu, .quadratic: false
        }
    }

    func callAsFunction(_ x: Float, channel: Int) -> Float {
        switch self {
        case .none: x
        case .relu: Swift.max(x, 0)
        case .clip(let upper): Swift.min(Swift.max(x, 0), upper)
        case .prelu(let slopes): x < 0 ? slopes[channel] * x : x
        case .quadratic(let square, let linear): square * x * x + linear * x
        }
    }
}
