/// Why a model was refused, or could not run.
public enum ModelError: Error, Hashable, Sendable {
    // Reading.
    case unreadable(path: String)
    case unwritable(path: String)
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
