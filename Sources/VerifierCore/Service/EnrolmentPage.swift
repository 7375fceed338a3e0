/// Some enrolments of a list that may be long.
public struct EnrolmentPage: Equatable, Sendable {
    /// How many a page has at most.
    public static let maximumCount = 1000

    public let enrolments: [EnrolmentSummary]
    /// What to ask for the next page with; nil for the last one.
    public let next: String?
}
