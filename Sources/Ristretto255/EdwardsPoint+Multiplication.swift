extension EdwardsPoint {
    /// s self. Constant time.
    func multiplied(by s: Scalar) -> EdwardsPoint {
        let digits = UnsafeMutablePointer<Int8>.allocate(capacity: 64)
        let multiples = UnsafeMutablePointer<ProjectiveNielsPoint>.allocate(capacity: 8)
        defer {
            digits.wipeAndDeallocate(count: 64)
            multiples.wipeAndDeallocate(count: 8)
        }
        SignedDigits.radix16(s, into: digits)
        writeMultiples(into: multiples)
        var r = EdwardsPoint.identity.adding(ProjectiveNielsPoint.select(multiples, digit: digits[63]))
        for i in stride(from: 62, through: 0, by: -1) {
            r = r.doubledWithoutT().doubledWithoutT().doubledWithoutT().doubled()
            r = r.adding(ProjectiveNielsPoint.select(multiples, digit: digits[i]))
        }
        return r
    }

    /// Writes P, 2 P, ..., 8 P to uninitialised memory.
    func writeMultiples(into table: UnsafeMutablePointer<ProjectiveNielsPoint>) {
        let first = ProjectiveNielsPoint(self)
        table.initialize(to: first)
        var multiple = self
        for i in 1..<8 {
            multiple = i == 1 ? multiple.doubled() : multiple.adding(first)
            table.advanced(by: i).initialize(to: ProjectiveNielsPoint(multiple))
        }
    }
}
