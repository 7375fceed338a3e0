import Models

/// A constant of an ONNX graph.
struct OnnxTensor {
    enum Values {
        case floats([Float])
        case integers([Int])
    }

    var dims: [Int]
    var values: Values
    /// The range of an 8-bit element type, or of a bias.
    var elementRange: ClosedRange<Int>?

    var count: Int {
        switch self.values {
        case .floats(let values): values.count
        case .integers(let values): values.count
        }
    }

    var floats: [Float]? {
        if case .floats(let values) = self.values { values } else { nil }
    }

    /// The integers of a shape or axes tensor.
    var integers: [Int]? {
        if case .integers(let values) = self.values { values } else { nil }
    }

    init(dims: [Int], values: Values) {
        self.dims = dims
        self.values = values
    }

    /// - Parameter externalData: where tensors are that the file does not hold itself; nil where there is no file.
    /// - Throws: a reason for the node that uses the tensor.
    init(_ proto: Onnx_TensorProto, _ externalData: OnnxExternalData? = nil) throws(ImportError.Reason) {
        guard !proto.hasSegment else { throw .tensorTypeUnsupported }
        var proto = proto
        if proto.dataLocation != .default || !proto.externalData.isEmpty {
            guard let externalData else { throw .externalData("only a model in a file can have one") }
            proto.rawData = try externalData.contents(of: proto)
        }
        var count = 1
        var dims: [Int] = []
        for dim in proto.dims {
            guard 0...Int64(NetworkLimits.weights) ~= dim else { throw .limitExceeded }
            let (product, overflow) = count.multipliedReportingOverflow(by: Int(dim))
            guard !overflow, product <= NetworkLimits.weights else { throw .limitExceeded }
            count = product
            dims.append(Int(dim))
        }
        self.dims = dims
        switch Onnx_TensorProto.DataType(rawValue: Int(proto.dataType)) {
        case .float:
            let bits: [UInt32]? = Self.raw(proto)
            values = .floats(bits?.map(Float.init(bitPattern:)) ?? proto.floatData)
        case .float16:
            // Without raw data each element is the lower half of an int32_data entry (onnx.proto).
            let bits: [UInt16]? = Self.raw(proto)
            let halves = bits ?? proto.int32Data.map { UInt16(truncatingIfNeeded: $0) }
            values = .floats(halves.map(Self.float))
        case .bfloat16:
            let bits: [UInt16]? = Self.raw(proto)
            let halves = bits ?? proto.int32Data.map { UInt16(truncatingIfNeeded: $0) }
            values = .floats(halves.map { Float(bitPattern: UInt32($0) << 16) })
        case .double:
            let bits: [UInt64]? = Self.raw(proto)
            values = .floats(bits?.map { Float(Double(bitPattern: $0)) } ?? proto.doubleData.map { Float($0) })
        case .int64:
            let bits: [Int64]? = Self.raw(proto)
            values = .integers((bits ?? proto.int64Data).map { Int($0) })
        case .int32:
            let bits: [Int32]? = Self.raw(proto)
            values = .integers((bits ?? proto.int32Data).map { Int($0) })
            elementRange = Int(Int32.min)...Int(Int32.max)
        case .int8:
            let bits: [Int8]? = Self.raw(proto)
            values = .integers(bits?.map { Int($0) } ?? proto.int32Data.map { Int(Int8(truncatingIfNeeded: $0)) })
            elementRange = -128...127
        case .uint8:
            let bits: [UInt8]? = Self.raw(proto)
            values = .integers(bits?.map { Int($0) } ?? proto.int32Data.map { Int(UInt8(truncatingIfNeeded: $0)) })
            elementRange = 0...255
        default:
            throw .tensorTypeUnsupported
        }
        guard self.count == count else { throw .tensorMalformed }
        if let floats = self.floats, !floats.allSatisfy(\.isFinite) { throw .weightsNotFinite }
    }

    /// IEEE 754 binary16 to binary32, exactly. Swift's `Float16` is not there on every processor.
    private static func float(_ half: UInt16) -> Float {
        let sign = UInt32(half & 0x8000) << 16
        let exponent = Int(half >> 10 & 31)
        let fraction = UInt32(half & 1023)
        switch exponent {
        case 0: return Float(sign: sign == 0 ? .plus : .minus, exponent: -24, significand: Float(fraction))
        case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default: return Float(bitPattern: sign | UInt32(exponent + 112) << 23 | fraction << 13)
        }
    }

    private static func raw<Value: FixedWidthInteger>(_ proto: Onnx_TensorProto) -> [Value]? {
        guard proto.hasRawData else { return nil }
        let width = Value.bitWidth / 8
        let bytes = [UInt8](proto.rawData)
        return (0..<bytes.count / width).map { index in
            var value: Value = 0
            for byte in 0..<width { value |= Value(truncatingIfNeeded: bytes[index * width + byte]) << Value(8 * byte) }
            return value
        }
    }
}
