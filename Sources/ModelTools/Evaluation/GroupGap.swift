/// How many times as often something happens in one group as in another.
public struct GroupGap: Codable, Sendable, Hashable {
    /// A rate in one group.
    struct Measured {
        var group: String
        /// People who could have errors.
        var people: Int
        var rate: BinomialRate
        /// In each replicate of people drawn anew, independent of the other groups'.
        var replicates: [Double]
    }

    /// Fewer of either say nothing about a group.
    static let leastPeople = 10
    static let leastErrors = 10

    /// What is counted, in words.
    public var rate: String
    public var greatestGroup: String
    public var leastGroup: String
    /// Groups whose counts support a comparison, of which these are the extremes.
    public var groups: Int
    /// At least 1.
    public var factor: Double
    /// 95 %, over people, for all gaps between these groups at once: that these two were chosen after looking is accounted for.
    public var lower: Double
    public var upper: Double

    /// - Returns: nil unless two groups have people and errors enough, and people drawn anew hardly ever lack errors.
    init?(of rate: String, in measured: [Measured]) {
        let supported = measured.filter { $0.people >= Self.leastPeople && $0.rate.count >= Self.leastErrors }
        guard supported.count > 1,
            let greatest = supported.max(by: { $0.rate.rate < $1.rate.rate }),
            let least = supported.min(by: { $0.rate.rate < $1.rate.rate }), greatest.group != least.group
        else { return nil }
        guard let margin = GapMargin(supported)?.margin(greatest.group, least.group) else { return nil }
        self.rate = rate
        (greatestGroup, leastGroup, groups) = (greatest.group, least.group, supported.count)
        factor = greatest.rate.rate / least.rate.rate
        (lower, upper) = (factor / margin, factor * margin)
    }
}
