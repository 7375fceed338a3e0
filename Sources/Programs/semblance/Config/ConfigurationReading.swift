import Encoding
import ServiceSupport

/// What a daemon makes of its configuration file, asked of itself: nothing else has its list of keys.
struct ConfigurationReading {
    struct Value {
        let key: String
        let value: JSON
        /// Nil: a default.
        let source: String?
    }

    struct Fault {
        let file: String
        let key: String?
        let message: String
    }

    let program: DaemonProgram
    let file: String
    /// The file and its drop-ins, in the order of merging; empty where they could not be read.
    let files: [String]
    let values: [Value]
    let fault: Fault?

    /// - Throws: where the program is not installed, or does not answer.
    init(_ program: DaemonProgram, file: String) throws {
        let arguments =
            program == .verifier ? ["report-config", "--config", file] : ["--report-config", "--config", file]
        guard let command = try program.command(arguments) else {
            throw CommandFailure(
                .unavailable,
                "\(program.name) is not installed, and nobody else knows what \(file) means",
                hint: "apt install \(program == .verifier ? "semblance-verifier" : "semblance")"
            )
        }
        let output = try ProgramRun.run(command, keepsErrors: false)
        guard output.status == 0, case .object(let report)? = try? JSON(parsing: output.text.utf8) else {
            throw CommandFailure(
                .unavailable,
                "\(program.name) gave no report of its configuration",
                hint: "can \(program.account) run it, and is it of the same version? its --version says"
            )
        }
        self.program = program
        self.file = file
        files = Self.list(report["files"]).compactMap(Self.text)
        values = Self.list(report["values"]).compactMap(Self.value)
        fault = Self.fault(report["fault"])
    }

    /// The manual page of the keys.
    var page: String { "semblance-\(program.rawValue).json(5)" }

    /// What is wrong, and in which file; nil where nothing is.
    var faultWords: String? {
        // Errors of a file begin with its name.
        fault.map { $0.message.hasPrefix($0.file) ? $0.message : "\($0.file): \($0.message)" }
    }

    /// Keys whose values nobody is shown, of those that are there.
    var hiddenKeys: Set<String> {
        Set(values.filter { $0.value == .string(ConfigurationReport.hidden) }.map(\.key))
    }

    /// What to do about a fault.
    var hint: String { "\(page) has the keys and what they may be" }

    private static func list(_ json: JSON?) -> [JSON] {
        guard case .array(let values)? = json else { return [] }
        return values
    }

    /// Fit for a terminal: the program may run as another user.
    private static func text(_ json: JSON?) -> String? {
        guard case .string(let text)? = json else { return nil }
        return DisplayName.shown(text)
    }

    private static func value(_ json: JSON) -> Value? {
        guard case .object(let members) = json, let key = text(members["key"]), let value = members["value"] else {
            return nil
        }
        return Value(key: key, value: value, source: text(members["source"]))
    }

    private static func fault(_ json: JSON?) -> Fault? {
        guard case .object(let members)? = json, let file = text(members["file"]),
            let message = text(members["message"])
        else { return nil }
        return Fault(file: file, key: text(members["key"]), message: message)
    }
}
