import Bulletproofs
import Multilinear

extension ConstraintList {
    /// The constraints in the form of the closing argument.
    package var sparse: [SparseConstraint] {
        constraints.map { _, form in
            var constraint = SparseConstraint()
            constraint.terms.reserveCapacity(form.terms.count + 1)
            for term in form.terms {
                constraint.add(term.coefficient, wire: Int(term.wire.index))
            }
            constraint.add(constant: form.constant)
            return constraint
        }
    }
}
