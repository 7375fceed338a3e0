import Glibc

/// Why a model was refused, or could not run.
public enum ModelError: Error, Hashable, Sendable {
    // Reading.
    /// With the system's error number; mostly there is no such file (2, ENOENT).
    case unreadable(path: String, code: Int32 = 2)
    case unwritable(path: String, code: Int32 = 2)
    /// A directory, a FIFO, a device: reading it could take for ever.
    case notAFile(path: String)
    case tooLarge
    case notAModel
    case unsupportedVersion(UInt16)
    case truncated
    case trailingBytes
    /// The bytes decode, but are not the encoding of what they decode to.
    case notCanonical
    /// A count or a length is outside the format's limits.
    case limitExceeded
    case invalidText
    case invalidTag

    // Meaning.
    case invalidInput
    case invalidShift
    case invalidTable
    case invalidThresholds
    case invalidPreprocessing
    case invalidDimension
    /// Layers behind the block that a proof at `head` starts from read other blocks before it.
    case invalidHeadStart
    /// Their number does not follow from the network, or one is no point.
    case invalidParameterRows
    case invalidBlindingSeed
    case invalidLayer(name: String)
    /// Some input in range gives an accumulator without a row in the layer's table.
    case accumulatorOutsideTable(name: String, channel: Int)

    // Running.
    case wrongInputSize
    case emptyImage
}

extension ModelError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let path, let code): "cannot read \(path): \(Self.words(code))"
        case .unwritable(let path, let code): "cannot write \(path): \(Self.words(code))"
        case .notAFile(let path): "\(path) is not a regular file"
        case .tooLarge: "the file is too long"
        case .notAModel: "the file does not begin as a model does"
        case .unsupportedVersion(let version):
            "the file's format has version \(version), which this program does not know"
        case .truncated: "the file ends too early"
        case .trailingBytes: "the file goes on behind its end"
        case .notCanonical: "the file is not written as a model is"
        case .limitExceeded: "a count or a length is outside the limits"
        case .invalidText: "a name is not acceptable text"
        case .invalidTag: "a part is of a kind that this program does not know"
        case .invalidInput: "the input's size is outside the limits"
        case .invalidShift: "the shift is outside the limits"
        case .invalidTable: "an activation table is not well formed"
        case .invalidThresholds: "the thresholds are not well formed"
        case .invalidPreprocessing: "the preprocessing is outside the limits"
        case .invalidDimension: "the embedding's dimension is outside the limits"
        case .invalidHeadStart: "the start of the head is read past by layers behind it"
        case .invalidParameterRows: "the commitments to the weights do not fit the network"
        case .invalidBlindingSeed: "the blinding seed is not well formed"
        case .invalidLayer(let name): "the layer '\(name)' is not well formed"
        case .accumulatorOutsideTable(let name, let channel):
            "the layer '\(name)' can leave its activation table in channel \(channel)"
        case .wrongInputSize: "the input is not of the network's size"
        case .emptyImage: "the image is empty"
        }
    }

    private static func words(_ code: Int32) -> String { String(cString: strerror(code)).lowercasedFirst }
}

extension String {
    /// The system's words, as a part of a sentence.
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
