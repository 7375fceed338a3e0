import Bulletproofs
import Ristretto255

@testable import NetworkProof

/// Every scalar and every point of a network proof, to be read and replaced one by one.
struct NetworkElements {
    struct ScalarPlace {
        let name: String
        let path: WritableKeyPath<NetworkProofBody, Scalar>
    }

    struct PointPlace {
        let name: String
        let path: WritableKeyPath<NetworkProofBody, CompressedRistretto>
    }

    private(set) var scalars: [ScalarPlace] = []
    private(set) var points: [PointPlace] = []

    init(_ body: NetworkProofBody) {
        for index in body.startRows.indices { add("start row \(index)", \.startRows[index]) }
        for index in body.witnessRows.indices { add("witness row \(index)", \.witnessRows[index]) }
        for index in body.maskedScalars.indices { add("masked scalar \(index)", \.maskedScalars[index]) }
        add("D", \.opening.maskCommitment)
        add("s", \.opening.maskedValue)
        add("omega", \.opening.maskedBlinder)
        for index in body.opening.folds.indices {
            add("fold L \(index)", \.opening.folds[index].left)
            add("fold R \(index)", \.opening.folds[index].right)
        }
        for index in body.opening.vector.indices { add("vector \(index)", \.opening.vector[index]) }
    }

    private mutating func add(_ name: String, _ path: WritableKeyPath<NetworkProofBody, Scalar>) {
        scalars.append(ScalarPlace(name: name, path: path))
    }

    private mutating func add(_ name: String, _ path: WritableKeyPath<NetworkProofBody, CompressedRistretto>) {
        points.append(PointPlace(name: name, path: path))
    }
}
