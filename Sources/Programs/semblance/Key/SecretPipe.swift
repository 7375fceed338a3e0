import Encoding
import Foundation
import ServiceSupport
import Sodium

#if canImport(Glibc)
    import Glibc
#endif

/// Other programs that are given a secret or give one: through pipes, from and into memory that is zeroed.
enum SecretPipe {
    struct Output {
        let status: Int32
        /// What it wrote to standard output; nil where it was too long, or the program was ended.
        let secret: SecretBytes?
        /// The last line that it wrote to standard error, which mostly says why; fit for a terminal.
        let reason: String
    }

    private static let longestOutput = 1 << 16
    /// A pipe takes so much before anybody reads.
    private static let longestInput = 4096

    /// - Parameters:
    ///   - words: the program by its absolute path, and its arguments.
    ///   - time: after which it is ended, whatever it or somebody who holds its pipes does.
    static func run(
        _ words: [String],
        input: SecretBytes = SecretBytes(count: 0),
        time: Duration = .seconds(30)
    ) throws(CommandFailure) -> Output {
        let deadline = ContinuousClock.now + time
        let (given, errors) = (Pipe(), Pipe())
        // Before there is anybody to read it: no writer is killed by a reader who has gone.
        guard input.count <= longestInput, input.write(to: given.fileHandleForWriting.fileDescriptor) else {
            throw CommandFailure(.failure, "no pipe can be written")
        }
        try? given.fileHandleForWriting.close()
        let program = SessionProgram(
            words,
            input: given.fileHandleForReading.fileDescriptor,
            errors: errors.fileHandleForWriting.fileDescriptor
        )
        try? errors.fileHandleForWriting.close()
        guard let program else { throw CommandFailure(.failure, "cannot run \(words.first ?? "")") }
        let secret = SecretBytes.readingAll(of: program.output, maximum: longestOutput, until: deadline)
        var status = program.exitStatus(by: secret == nil ? .now : deadline)
        if status == nil {
            program.abandon()
            status = program.exitStatus()
        }
        return Output(
            status: status ?? 255,
            secret: secret,
            reason: lastLine(of: errors.fileHandleForReading.fileDescriptor) ?? "status \(status ?? 255)"
        )
    }

    /// Of what lies in the pipe; nobody is waited for.
    private static func lastLine(of descriptor: Int32) -> String? {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        var bytes = [UInt8](repeating: 0, count: longestOutput)
        let count = read(descriptor, &bytes, bytes.count)
        let lines = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
        return lines.last.map { DisplayName.shown(String($0)) }
    }
}
