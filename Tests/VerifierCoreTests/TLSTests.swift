import Foundation
import Glibc
import Testing

@testable import VerifierCore

/// Certificates as administrators have them: links of an ACME client, a key that a group may read, renewed under a
/// service that goes on.
@Suite(.serialized) struct TLSTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private static let hasTools = access("/usr/bin/openssl", X_OK) == 0 && access("/usr/bin/curl", X_OK) == 0

    private func makeCertificate(_ certificate: String, _ key: String) throws {
        let made = try run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
            ]
        )
        #expect(made == 0)
        chmod(key, 0o600)
        chmod(certificate, 0o644)
    }

    private func run(_ program: String, _ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Whether the service shows the certificate in the file.
    private func serves(_ certificate: String, _ http: HTTPBench) throws -> Bool {
        let url = "https://127.0.0.1:\(http.client.port)/v1/live"
        return try run("/usr/bin/curl", ["-sS", "--max-time", "10", "--cacert", certificate, url]) == 0
    }

    @Test(.enabled(if: hasTools)) func aRenewedCertificateIsServedAfterReloading() async throws {
        // live/cert.pem -> ../archive/cert1.pem, as certbot lays it out.
        let (live, archive) = (directory.file("live"), directory.file("archive"))
        for path in [live, archive] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }
        for path in [live, archive] { chmod(path, 0o700) }
        func link(_ generation: Int) throws {
            for name in ["cert", "key"] {
                unlink("\(live)/\(name).pem")
                #expect(symlink("../archive/\(name)\(generation).pem", "\(live)/\(name).pem") == 0)
            }
        }
        for generation in 1...2 {
            try makeCertificate("\(archive)/cert\(generation).pem", "\(archive)/key\(generation).pem")
        }
        try link(1)
        let http = try await HTTPBench(tls: TLSFiles(certificate: "\(live)/cert.pem", key: "\(live)/key.pem"))
        #expect(try serves("\(archive)/cert1.pem", http))
        try link(2)
        #expect(try serves("\(archive)/cert1.pem", http))
        http.service.reload()
        #expect(try serves("\(archive)/cert2.pem", http))
        #expect(try !serves("\(archive)/cert1.pem", http))
        // What cannot be used leaves the old one in force: a broken file, a pair that does not fit,
        // a key that others can read.
        try Data("rubbish".utf8).write(to: URL(filePath: "\(archive)/cert3.pem"))
        try FileManager.default.copyItem(atPath: "\(archive)/key1.pem", toPath: "\(archive)/key3.pem")
        try link(3)
        http.service.reload()
        #expect(try serves("\(archive)/cert2.pem", http))
        unlink("\(archive)/cert3.pem")
        try FileManager.default.copyItem(atPath: "\(archive)/cert2.pem", toPath: "\(archive)/cert3.pem")
        http.service.reload()
        #expect(try serves("\(archive)/cert2.pem", http))
        try link(1)
        chmod("\(archive)/key1.pem", 0o644)
        http.service.reload()
        #expect(try serves("\(archive)/cert2.pem", http))
        await http.stop()
    }
}
