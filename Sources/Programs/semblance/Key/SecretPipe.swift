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
        /// What it wrote to standard output; nil where it was too long.
        let secret: SecretBytes?
        /// The last line that it wrote to standard error, which mostly says why; fit for a terminal.
        let reason: String
    }

    private static let longestOutput = 1 << 16
    /// A pipe takes so much before anybody reads.
    private static let longestInput = 4096

    /// - Parameter words: the program by its absolute path, and its arguments.
    static func run(_ words: [String], input: SecretBytes = SecretBytes(count: 0)) throws(CommandFailure) -> Output {
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
        _ = fcntl(program.output, F_SETFL, 0)
        let secret = SecretBytes.readingAll(of: program.output, maximum: longestOutput)
        if secret == nil { program.abandon() }
        let status = program.exitStatus()
        let said = (try? errors.fileHandleForReading.read(upToCount: longestOutput)) ?? Data()
        let line = String(decoding: said, as: UTF8.self).split(separator: "\n").last
        return Output(
            status: status,
            secret: secret,
            reason: line.map { DisplayName.shown(String($0)) } ?? "status \(status)"
        )
    }
}
