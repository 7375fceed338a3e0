import Ristretto255

/// The unit in which work is counted that has to be the same on every machine: one product of scalars modulo l.
enum ScalarProduct {
    /// Seconds of processor time for one, of many that do not depend on one another: the least of several runs.
    static func seconds() -> Double {
        var generator = SystemRandomNumberGenerator()
        let factors = (0..<512).map { _ in Scalar.random(using: &generator) }
        var products = factors
        let rounds = 256
        var least = Double.infinity
        for _ in 0..<16 {
            let start = Processor.seconds
            for _ in 0..<rounds {
                for index in factors.indices { products[index] *= factors[index] }
            }
            // A vanishing product would be a fault; asked for, so that the loop is not left out.
            precondition(!products.contains(.zero), "the product of two scalars that are not zero is zero")
            least = min(least, (Processor.seconds - start) / Double(rounds * factors.count))
        }
        return least
    }
}
