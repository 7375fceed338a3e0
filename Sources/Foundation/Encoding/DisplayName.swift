/// What a name may hold that travels into challenges, records and logs, and is asked about on terminals: nothing by
/// which it could forge a line of a log or of a prompt, steer a terminal, or be made to look like another name.
///
/// `Fixtures/display-names.txt` holds the cases; the PAM module has the same rule in C (`pam/src/text.c`).
public enum DisplayName {
    /// No control, format or private-use character, no separator of lines or paragraphs, and nothing that Unicode (as
    /// the Swift run time knows it) has not assigned.
    public static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }

    /// Whether all of `text` may be shown as it is; the empty text may.
    public static func isHarmless(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy(isHarmless)
    }

    /// Whether `text` is a name: harmless, and 1 to `maximumByteCount` bytes of UTF-8.
    public static func isValid(_ text: String, maximumByteCount: Int) -> Bool {
        !text.isEmpty && text.utf8.count <= maximumByteCount && isHarmless(text)
    }

    /// `text` with a question mark for each character that is not harmless and that `isKept` does not keep.
    public static func shown(_ text: String, keeping isKept: (Unicode.Scalar) -> Bool = { _ in false }) -> String {
        let scalars = text.unicodeScalars.map { isHarmless($0) || isKept($0) ? $0 : "?" as Unicode.Scalar }
        return String(String.UnicodeScalarView(scalars))
    }
}
