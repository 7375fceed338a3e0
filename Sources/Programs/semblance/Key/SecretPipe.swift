import Foundation
import ServiceSupport
import Sodium

/// Other programs that are given a secret or give one: through pipes, from and into memory that is zeroed.
enum SecretPipe {
    struct Output {
        let status: Int32
        /// What it wrote to standard output; nil where it was too long.
        let secret: SecretBytes?
        /// What it wrote to standard error: the last line, which mostly says why.
        let reason: String
    }

    private static let longestOutput = 1 << 16

    /// - Parameter words: the program by its absolute path, and its arguments.
    static func run(_ words: [String], input: SecretBytes = SecretBytes(count: 0)) throws(CommandFailure) -> Output {
        let (standardInput, standardOutput, standardError) = (Pipe(), Pipe(), Pipe())
        // Before there is anybody to read it: a pipe has room for more than a key, and no writer is killed by a reader who has gone.
        guard input.count <= 4096, input.write(to: standardInput.fileHandleForWriting.fileDescriptor) else {
            throw CommandFailure(.failure, "no pipe can be written")
        }
        try? standardInput.fileHandleForWriting.close()
        let process = Process()
        process.executableURL = URL(filePath: words[0])
        process.arguments = Array(words.dropFirst())
        process.environment = ProgramRun.environment
        process.currentDirectoryURL = URL(filePath: "/")
        (process.standardInput, process.standardOutput) = (standardInput, standardOutput)
        process.standardError = standardError
        do {
            try process.run()
        } catch {
            throw CommandFailure(.failure, "cannot run \(words[0]): \(error.localizedDescription)")
        }
        let output = standardOutput.fileHandleForReading
        let secret = SecretBytes.readingAll(of: output.fileDescriptor, maximum: longestOutput)
        try? output.close()
        let errors = standardError.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let lines = String(decoding: errors, as: UTF8.self).split(separator: "\n")
        return Output(
            status: process.terminationStatus,
            secret: secret,
            reason: lines.last.map(String.init) ?? "status \(process.terminationStatus)"
        )
    }
}
