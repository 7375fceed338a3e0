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
    /// x min(max(slope x + offset, 0), 1), slope > 0, 0 < offset <= 1; HardSwish is 1/6 and 1/2.
    case gate(slope: Float, offset: Float)

    var isUnsigned: Bool {
        switch self {
        case .relu, .clip: true
        case .none, .prelu, .quadratic, .gate: false
        }
    }

    /// Whether the table is a curve along q, so that q and z have scales of their own, each one for all channels.
    var isCurved: Bool {
        switch self {
        case .quadratic, .gate: true
        case .none, .relu, .clip, .prelu: false
        }
    }

    /// Read in two columns, before the slopes.
    var isPRelu: Bool { if case .prelu = self { true } else { false } }

    func callAsFunction(_ x: Float, channel: Int) -> Float {
        switch self {
        case .none: x
        case .relu: Swift.max(x, 0)
        case .clip(let upper): Swift.min(Swift.max(x, 0), upper)
        case .prelu(let slopes): x < 0 ? slopes[channel] * x : x
        case .quadratic(let square, let linear): square * x * x + linear * x
        case .gate(let slope, let offset): x * Swift.min(Swift.max(slope * x + offset, 0), 1)
        }
    }
}
