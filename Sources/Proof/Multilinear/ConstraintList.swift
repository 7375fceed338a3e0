import Bulletproofs
import Ristretto255

/// The families of checks that a proof stands on; a test exists for each that breaks it.
package enum ConstraintFamily: String, CaseIterable, Sendable {
    /// A pad that enters several products is the same in each.
    case padCopy
    /// `P_w Q_t + P_t Q_w = 0`: looked-up columns and tables have equal fraction sums.
    case lookupRoot
    /// One layer of the fraction trees follows from the layer below.
    case lookupLayer
    /// The table's leaf denominators are those of the public table.
    case lookupTable
    /// Every activation is computed from the committed ones below it.
    case layers
    /// The sums behind the threshold are inner products of the committed rows.
    case match
    /// Bits are 0 or 1.
    case bit
    /// `S - 1` is in range: the inner product is positive.
    case rangeInnerProduct
    /// `N - E_min` is in range: the embedding is not nearly zero.
    case rangeNorm
    /// `2^16 S^2 - num N N'` is in range: the threshold is met.
    case rangeThreshold
    /// The batched claims are openings of the committed rows.
    case opening
}

/// Labelled linear constraints over the wires of the closing argument, each `form = 0`, in the order in which prover and
/// verifier name them.
package struct ConstraintList: Sendable {
    /// In the order of ``require(_:isZero:)``, which prover and verifier share.
    package private(set) var constraints: [(family: ConstraintFamily, form: AffineForm)] = []
    private let checks: Checks

    /// - Parameter checks: which families are listed.
    package init(checks: Checks = .all) {
        self.checks = checks
    }

    /// Lists a constraint.
    package mutating func require(_ family: ConstraintFamily, isZero form: AffineForm) {
        guard !checks.omittedFamilies.contains(family) else { return }
        constraints.append((family, form))
    }

    /// The families that an assignment violates, for diagnostics and tests. Variable time.
    package func violated(by wires: WireAssignment) -> Set<ConstraintFamily> {
        var families: Set<ConstraintFamily> = []
        for (family, form) in constraints where !form.evaluate({ wires[$0] }).isZero {
            families.insert(family)
        }
        return families
    }

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
