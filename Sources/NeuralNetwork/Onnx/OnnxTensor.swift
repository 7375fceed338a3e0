import NetworkProof

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

    /// - Throws: a reason for the node that uses the tensor.
    init(_ proto: Onnx_TensorProto) throws(ImportError.Reason) {
        guard proto.dataLocation == .default, proto.externalData.isEmpty, !proto.hasSegment else {
            throw .tensorTypeUnsupported
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
            self.values = .floats(bits?.map(Float.init(bitPattern:)) ?? proto.floatData)
        case .double:
            let bits: [UInt64]? = Self.raw(proto)
            self.values = .floats(bits?.map { Float(Double(bitPattern: $0)) } ?? proto.doubleData.map { Float($0) })
        case .int64:
            let bits: [Int64]? = Self.raw(proto)
            self.values = .integers((bits ?? proto.int64Data).map { Int($0) })
        case .int32:
            let bits: [Int32]? = Self.raw(proto)
            self.values = .integers((bits ?? proto.int32Data).map { Int($0) })
            self.elementRange = Int(Int32.min)...Int(Int32.max)
        case .int8:
            let bits: [Int8]? = Self.raw(proto)
            self.values = .integers(bits?.map { Int($0) } ?? proto.int32Data.map { Int(Int8(truncatingIfNeeded: $0)) })
            self.elementRange = -128...127
        case .uint8:
            let bits: [UInt8]? = Self.raw(proto)
            self.values = .integers(bits?.map { Int($0) } ?? proto.int32Data.map { Int(UInt8(truncatingIfNeeded: $0)) })
            self.elementRange = 0...255
        default:
            throw .tensorTypeUnsupported
        }
        guard self.count == count else { throw .tensorMalformed }
        if let floats = self.floats, !floats.allSatisfy(\.isFinite) { throw .weightsNotFinite }
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
