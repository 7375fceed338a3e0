/// Names that come from outside and travel into challenges, records and logs.
enum NamedText {
    static let maximumAudienceByteCount = 255
    static let maximumSubjectByteCount = 128
    static let maximumLabelByteCount = 64
    static let maximumPurposeByteCount = 64

    static func isValidAudience(_ text: String) -> Bool { isValid(text, maximumByteCount: maximumAudienceByteCount) }
    static func isValidSubject(_ text: String) -> Bool { isValid(text, maximumByteCount: maximumSubjectByteCount) }
    static func isValidLabel(_ text: String) -> Bool { isValid(text, maximumByteCount: maximumLabelByteCount) }
    static func isValidPurpose(_ text: String) -> Bool { isValid(text, maximumByteCount: maximumPurposeByteCount) }

    /// Neither empty nor too long, and without anything that could forge a line of a log or of a prompt: control
    /// characters, line and paragraph separators, and characters that change the direction of text.
    private static func isValid(_ text: String, maximumByteCount: Int) -> Bool {
        guard !text.isEmpty, text.utf8.count <= maximumByteCount else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
            default: true
            }
        }
    }
}
