/// Which checks a proof system makes. The product makes all of them. A test builds a system that leaves some out on both
/// sides, to show that a false proof then passes (docs/security-tests.md): the code that it runs is the code that ships.
///
/// Only this module can make another value than ``all``, and only its tests see how.
package struct Checks: Sendable {
    /// Families of constraints that are not required.
    var omittedFamilies: Set<ConstraintFamily> = []
    /// Messages that are not absorbed.
    var omittedLabels: Set<ProofLabel> = []

    private init() {}

    /// The product's.
    package static let all = Checks()
}
