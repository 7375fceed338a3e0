import Bulletproofs
import Commitments
import FaceAlignment
import FingerprintAlignment
import Foundation
import Imaging
import Interfaces
import MatchProof
import ModelTools
import Models
import Multilinear
import SensorClient
import SensorCore
import ServiceSupport
import Sodium
import Testing
import Varlink
import Vault
import VerifierCore

/// No error reaches a person as a Swift value.
@Suite struct ErrorWordsTests {
    /// Those that never do: what they become instead is in the comment.
    private static let exceptions: Set<String> = [
        "CommandFailure",  // its message, by the command line's main
        "ProverFailure", "ProxyError", "HTTPFailure", "Mismatch",  // replies of a protocol
        "RefusalReason", "ChallengeRefusal",  // codes of the audit table and of the log, which docs/ list
        "Refusal", "Shortage",  // private to one function
        "PresenceRefusal",  // its reason, in a reply
        "Invalid",  // its reason, in a FileError
    ]

    @Test func everyErrorTypeSaysItInWords() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources")
        var errors: [String: String] = [:]
        var inWords: Set<String> = []
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" && !file.path.hasSuffix(".pb.swift") {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /(?:enum|struct|class|extension) ([\w.]+) *: ([^{\n]*)\{/) {
                let name = match.1.split(separator: ".").last.map(String.init) ?? ""
                let conformances = match.2.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
                if conformances.contains("Error") { errors[name] = file.lastPathComponent }
                if conformances.contains("CustomStringConvertible") { inWords.insert(name) }
            }
        }
        #expect(errors.count > 30)
        for (name, file) in errors where !Self.exceptions.contains(name) {
            #expect(inWords.contains(name), "\(name) in \(file)")
        }
    }

    private static let samples: [any Error] = [
        ModelError.unreadable(path: "/x", code: 13), ModelError.unwritable(path: "/x"), ModelError.notAFile(path: "/x"),
        ModelError.tooLarge, ModelError.notAModel, ModelError.unsupportedVersion(9), ModelError.truncated,
        ModelError.trailingBytes, ModelError.notCanonical, ModelError.limitExceeded, ModelError.invalidText,
        ModelError.invalidTag, ModelError.invalidInput, ModelError.invalidShift, ModelError.invalidTable,
        ModelError.invalidThresholds, ModelError.invalidPreprocessing, ModelError.invalidDimension,
        ModelError.invalidHeadStart, ModelError.invalidParameterRows, ModelError.invalidBlindingSeed,
        ModelError.invalidLayer(name: "conv"), ModelError.accumulatorOutsideTable(name: "conv", channel: 3),
        ModelError.wrongInputSize, ModelError.emptyImage,
        ImageError.unreadable(path: "/x"), ImageError.notAFile(path: "/x"), ImageError.tooManyBytes,
        ImageError.unknownFormat, ImageError.foreignFormat("a GIF picture"),
        ImageError.invalidDimensions(width: 1, height: 2), ImageError.tooManyScans(99),
        ImageError.truncated, ImageError.corrupt, ImageError.decoderUnavailable,
        ImportError.unreadable(path: "/x"), ImportError.file(path: "/x", .tooLarge),
        ImportError.file(path: "/x", .notAFile(path: "/x")), ImportError.malformed, ImportError.notAModel,
        ImportError.unsupportedOperatorSet(6), ImportError.unsupportedInput(found: "2 tensors"),
        ImportError.unsupportedOutput(found: "2 tensors"), ImportError.normalisesItself(node: "a", operator: "Sub"),
        ImportError.operatorsRefused(node: "a", counts: ["MaxPool": 3, "Loop": 1]),
        ImportError.noCalibrationImages, ImportError.tooFewImages(1, least: 2),
        ImportError.image(path: "/x", .corrupt), ImportError.frame(path: "/x", FrameRefusal(advice: "too dark")),
        ImportError.pairsMalformed(line: 3), ImportError.pairsContradictory(first: "/a", second: "/b"),
        ImportError.noComparisons(genuine: 0, impostor: 1), ImportError.invalidTemplateSamples(9),
        ImportError.tooManyImages(3, most: 2), ImportError.tooManyGroups(65, most: 64),
        ImportError.groupsMalformed(line: 2, reason: "a quote is not closed"), ImportError.nothingToEvaluate([]),
        ImportError.model(.invalidTable), ImportError.model(.unwritable(path: "/x")),
        BulletproofError.formatError, BulletproofError.verificationError, BulletproofError.invalidBitsize,
        BulletproofError.invalidAggregation, BulletproofError.insufficientGenerators, BulletproofError.lengthMismatch,
        BulletproofError.valueOutOfRange, BulletproofError.missingAssignment, BulletproofError.unknownVariable,
        BulletproofError.zeroChallenge,
        ProverError.noMatch, ProverError.unsupportedAssurance, ProverError.wrongSamples, ProverError.wrongModel,
        ProverError.wrongTemplate, ProverError.interrupted(.interaction(.degenerateOpening)),
        ProverError.internalFault("a length is wrong"),
        ArgumentError.invalidPoint, ArgumentError.closing(.formatError),
        WireError.truncated, WireError.trailingBytes, WireError.badMagic, WireError.unsupportedVersion,
        WireError.unsupportedSuite, WireError.unknownValue(field: .closingCommitment),
        WireError.outOfRange(field: .issuedAt), WireError.invalidString(field: .clientKey),
        WireError.invalidPoint(field: .newTemplate), WireError.identityPoint(field: .startRow),
        WireError.nonCanonicalScalar(field: .maskedScalar),
        VerificationFailure.invalidPoint(field: .witnessRow), VerificationFailure.network(sample: 0, .invalidPoint),
        AEAD.OpenError.truncated, AEAD.OpenError.authenticationFailed,
        SampleFailure.unavailable(hint: "is it there?"), SampleFailure.poorSample(advice: "too dark"),
        SampleFailure.busy, SampleFailure.cancelled,
        SensorError.noSensor, SensorError.noSample(advice: "too dark"), SensorError.modelUnknown,
        SensorError.badRequest, SensorError.busy, SensorError.unavailable(hint: "the camera is gone"),
        SensorError.cancelled,
        FileError.notAbsolute(path: "x"), FileError.missing(path: "/x"), FileError.alreadyExists(path: "/x"),
        FileError.wrongKind(path: "/x"), FileError.wrongOwner(path: "/x", uid: 7),
        FileError.tooOpen(path: "/x", mode: 7),
        FileError.tooLong(path: "/x", maximum: 7), FileError.wrongLength(path: "/x", expected: 7),
        FileError.malformed(path: "/x", reason: "line 2: it ends too early"),
        FileError.notReadable(path: "/x", uid: 0, isSecret: true), FileError.system(path: "/x", call: "open", code: 5),
        ConfigurationFault.notAnObject, ConfigurationFault.unknownKey("a"), ConfigurationFault.missingKey("a"),
        ConfigurationFault.malformed(line: 2, reason: "it ends too early"),
        ConfigurationFault.wrongValue(key: "a", reason: "out of range"),
        VaultError.file(.missing(path: "/x")), VaultError.wrongKey, VaultError.foreignDatabase,
        VaultError.unsupportedSchema(version: 9), VaultError.corrupt, VaultError.brokenSeal(label: "a"),
        VaultError.diskFull, VaultError.busy, VaultError.database(code: 14), VaultError.clock, VaultError.notEnrolled,
        VaultError.alreadyEnrolled, VaultError.noPendingTemplate, VaultError.refreshLimit,
        VaultError.lockedOut(retryAfterSeconds: 3),
        StoreError.file(.missing(path: "/x")), StoreError.corruptFile, StoreError.full, StoreError.busy,
        StoreError.corruptRow(table: "commitmentSeen", id: 3),
        StoreError.damagedTables(["auditChain"], detail: "page 3"),
        StoreError.brokenAuditChain(row: 0), StoreError.rolledBackAuditTrail,
        StoreError.clock,
        VerifierError.notAuthorized, VerifierError.notEnrolled, VerifierError.alreadyEnrolled,
        VerifierError.nothingToUpgrade, VerifierError.lockedOut(retryAfterSeconds: 3), VerifierError.refused,
        VerifierError.busy, VerifierError.storageFailure, VerifierError.badRequest,
        VarlinkClientError.unsafePath("/x", reason: "not absolute"), VarlinkClientError.cannotConnect("/x"),
        VarlinkClientError.untrustedPeer(uid: 7), VarlinkClientError.closed, VarlinkClientError.timedOut,
        VarlinkClientError.cancelled, VarlinkClientError.malformedReply, VarlinkClientError.busy,
        VarlinkClientError.reply(VarlinkError("org.semblance.Prover.NothingToUpgrade")),
        VarlinkListener.Failure.unusablePath("x"), VarlinkListener.Failure.pathOccupied("/x"),
        VarlinkListener.Failure.alreadyServed("/x"), VarlinkListener.Failure.notListening(3),
        VarlinkListener.Failure.system(path: "/x", call: "bind", code: 2),
        FaceAligner.SetupError.cascadeUnreadable(path: "/x"), FaceAligner.SetupError.regressorUnusable,
        FingerAligner.SetupError.localiserUnreadable(path: "/x"), FingerAligner.SetupError.resolutionOutOfRange(9),
    ]

    private static let reasons: [ImportError.Reason] = [
        .unsupportedOperator, .unsupportedAttribute("dilations"), .unsupportedShape, .notConstant(input: 1),
        .tensorTypeUnsupported, .tensorMalformed, .externalData("it is too short"), .varianceNotPositive,
        .weightsNotFinite, .activationNotZeroAtZero, .activationUnsupportedHere, .inputPlanesDiffer, .neverActive,
        .accumulatorOutsideTable(channel: 2), .weightTooLarge, .limitExceeded,
    ]

    @Test func theWordsAreWords() {
        let refusals = Self.reasons.map { ImportError.refused(node: "conv", operator: "conv", reason: $0) as any Error }
        for error in Self.samples + refusals {
            // Operators of a network are called what its file calls them.
            let text = "\(error)".replacing(/MaxPool|AveragePool/, with: "operator")
            #expect(text.contains(" ") || text == "cancelled" || text == "refused" || text == "interrupted", "\(text)")
            // No case name, no payload in brackets with a label.
            #expect(text.firstMatch(of: /[a-z][A-Z]/) == nil, "\(text)")
            #expect(text.firstMatch(of: #/\(\w+: /#) == nil, "\(text)")
            #expect(!text.contains("Optional(") && !text.hasSuffix("."), "\(text)")
        }
    }
}
