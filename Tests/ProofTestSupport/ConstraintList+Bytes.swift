@testable import Multilinear

extension ConstraintList {
    /// Every family and form, in order: what depends on all of a proof's messages and challenges.
    var bytes: [UInt8] {
        constraints.flatMap { family, form in
            Array(family.rawValue.utf8) + form.constant.bytes
                + form.terms.flatMap { term in
                    withUnsafeBytes(of: term.wire.index.littleEndian) { Array($0) } + term.coefficient.bytes
                }
        }
    }
}
