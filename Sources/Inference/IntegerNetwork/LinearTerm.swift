import Models

/// One convolution over the plain sum of its sources. A layer's accumulator is the sum of its terms and its bias.
///
/// A dense layer is a convolution whose kernel is the whole source. Positions outside the source read 0.
@dynamicMemberLookup
public struct LinearTerm: Hashable, Sendable {
    /// Decides the order of ``weights``.
    public typealias Kind = NetworkDescription.Term.Kind

    /// Sources, kernel, stride and pads; its members are the term's own as well.
    public var geometry: NetworkDescription.Term
    /// weights[((o * channels + c) * kernelHeight + i) * kernelWidth + j]; depthwise
    /// weights[(c * kernelHeight + i) * kernelWidth + j].
    public var weights: [Int32]

    /// - Parameter weights: as many as kernel, source channels and layer ask for; the network's initialiser refuses
    ///   another number.
    public init(_ geometry: NetworkDescription.Term, weights: [Int32]) {
        self.geometry = geometry
        self.weights = weights
    }

    /// As ``init(_:weights:)``; by default a window moves by one position and the source gets no border.
    public init(
        kind: Kind,
        sources: [BlockSource],
        kernelHeight: Int,
        kernelWidth: Int,
        strideY: Int = 1,
        strideX: Int = 1,
        padTop: Int = 0,
        padLeft: Int = 0,
        weights: [Int32]
    ) {
        self.init(
            NetworkDescription.Term(
                kind: kind,
                sources: sources,
                kernelHeight: kernelHeight,
                kernelWidth: kernelWidth,
                strideY: strideY,
                strideX: strideX,
                padTop: padTop,
                padLeft: padLeft
            ),
            weights: weights
        )
    }

    /// A member of ``geometry``.
    public subscript<Value>(dynamicMember path: WritableKeyPath<NetworkDescription.Term, Value>) -> Value {
        get { geometry[keyPath: path] }
        set { geometry[keyPath: path] = newValue }
    }
}
