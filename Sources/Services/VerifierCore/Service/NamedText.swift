import Encoding
import Sodium

/// Names that come from outside and travel into challenges, records and logs.
enum NamedText {
    static let maximumAudienceByteCount = 255
    static let maximumSubjectByteCount = 128
    static let maximumLabelByteCount = 64
    static let maximumPurposeByteCount = 64

    static func isValidAudience(_ text: String) -> Bool {
        DisplayName.isValid(text, maximumByteCount: maximumAudienceByteCount)
    }

    static func isValidSubject(_ text: String) -> Bool {
        DisplayName.isValid(text, maximumByteCount: maximumSubjectByteCount)
    }

    static func isValidLabel(_ text: String) -> Bool {
        DisplayName.isValid(text, maximumByteCount: maximumLabelByteCount)
    }

    static func isValidPurpose(_ text: String) -> Bool {
        DisplayName.isValid(text, maximumByteCount: maximumPurposeByteCount)
    }
}
