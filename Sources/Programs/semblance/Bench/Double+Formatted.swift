import Foundation

extension Double {
    /// With `digits` digits after the point.
    func formatted(_ digits: Int) -> String {
        String(format: "%.\(digits)f", self)
    }
}
