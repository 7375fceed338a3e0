import Encoding
import Foundation
import Testing

@testable import IntegerNetwork
@testable import ModelTools
@testable import Models

@Suite struct ModelFileTests {
    static func smallModel(
        seed: UInt64 = 3,
        blindingSeed: [UInt8]? = nil,
        modality: String = "face",
        preprocessing: Preprocessing = Preprocessing()
    ) throws -> EmbeddingModel {
        let network = try RandomNetwork.make(
            input: TensorShape(channels: 1, height: 7, width: 9),
            layers: 3,
            seed: seed
        )
        return try EmbeddingModel(
            name: "small",
            modality: modality,
            network: network,
            preprocessing: preprocessing,
            minimumNorm: 100,
            thresholds: [MatchThreshold(fmr: 0.01, numerator: 9000), MatchThreshold(fmr: 0.001, numerator: 12000)],
            blindingSeed: blindingSeed
        )
    }

    @Test func roundTrip() throws {
        for seed in UInt64(0)..<10 {
            let model = try Self.smallModel(seed: seed, blindingSeed: seed % 2 == 0 ? nil : Array(32..<64))
            let bytes = model.encode()
            let decoded = try EmbeddingModel(decoding: bytes)
            #expect(decoded == model)
            #expect(decoded.encode() == bytes)
            #expect(decoded.identity == model.identity)
        }
    }

    /// Models without an alignment have the bytes that they always had.
    @Test func alignmentIsAValueOfTheByteThatSaysHowTheFrameIsFitted() throws {
        let fits = [
            ("face", Preprocessing()), ("face", Preprocessing(keepsAspect: true)),
            ("face", Preprocessing(alignment: .face112)), ("fingerprint", Preprocessing(alignment: .finger128)),
            ("face", Preprocessing(alignment: .face112, levelsGrey: true)),
        ]
        let models = try fits.map { try Self.smallModel(modality: $0.0, preprocessing: $0.1) }
        for (value, fit) in fits.enumerated() {
            let bytes = models[value].encode()
            // Behind the file's head, the two texts, the window and its background.
            let place = 32 + fit.0.utf8.count - "face".utf8.count
            #expect(bytes[place] == UInt8(value))
            let plain = try Self.smallModel(modality: fit.0, preprocessing: Preprocessing()).encode()
            #expect(bytes[..<place] == plain[..<place] && bytes[(place + 1)...] == plain[(place + 1)...])
            #expect(try EmbeddingModel(decoding: bytes).preprocessing == fit.1)
            #expect(try PublishedModel(decoding: models[value].published.encode()).preprocessing == fit.1)
            var unknown = bytes
            unknown[place] = 5
            #expect(throws: ModelError.self) { try EmbeddingModel(decoding: unknown) }
            // Faces are no fingers.
            unknown[place] = fit.0 == "face" ? 3 : 2
            #expect(throws: ModelError.invalidPreprocessing) { try EmbeddingModel(decoding: unknown) }
        }
        #expect(Set(models.map(\.identity)).count == 5)
        #expect(Alignment.allCases.map(\.rawValue) == ["none", "face112", "finger128"])
    }

    @Test func theNetworkAloneIsThatOfTheModel() throws {
        let model = try Self.smallModel()
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try model.save(to: path)
        #expect(try EmbeddingModel.network(contentsOf: path) == model.network)
        try Data(model.encode().dropLast()).write(to: URL(filePath: path))
        #expect(throws: ModelError.truncated) { try EmbeddingModel.network(contentsOf: path) }
        try Data(model.published.encode()).write(to: URL(filePath: path))
        #expect(throws: ModelError.notAModel) { try EmbeddingModel.network(contentsOf: path) }
    }

    @Test func aModelWithPrivateWeightsIsForItsOwnerAlone() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = "\(folder)/model"
        func mode() throws -> Int {
            try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
        }
        try Self.smallModel().save(to: path)
        #expect(try mode() & 0o044 != 0)
        let hidden = try Self.smallModel(blindingSeed: Array(32..<64))
        try hidden.save(to: path)
        #expect(try mode() == 0o600)
        #expect(try EmbeddingModel.load(contentsOf: path) == hidden)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["model"])
        #expect(throws: ModelError.unwritable(path: "\(folder)/none/model")) {
            try hidden.save(to: "\(folder)/none/model")
        }
    }

    @Test func theBlindingSeedIsTheLastField() throws {
        let open = try Self.smallModel()
        let hidden = try Self.smallModel(blindingSeed: Array(32..<64))
        #expect(open.encode().suffix(1) == [0])
        #expect(hidden.encode().suffix(33) == [1] + Array(32..<64))
        // The length field differs, nothing else.
        #expect(open.encode().dropLast().dropFirst(14) == hidden.encode().dropLast(33).dropFirst(14))
        #expect(open.identity != hidden.identity)
        #expect(hidden.published.hasPrivateWeights && !open.published.hasPrivateWeights)
        #expect(throws: ModelError.invalidBlindingSeed) { try Self.smallModel(blindingSeed: [1, 2, 3]) }
        // The seed is not in what verifiers get.
        let published = hidden.published.encode()
        #expect(!published.indices.contains { published[$0...].starts(with: Array<UInt8>(32..<64)) })
    }

    @Test func thresholdsLeaveTheCommitmentsAlone() throws {
        let model = try Self.smallModel(blindingSeed: Array(32..<64))
        let other = try model.replacing(minimumNorm: 200, thresholds: [])
        #expect(other.provingModel.parameters == model.provingModel.parameters)
        #expect(other.identity != model.identity)
        #expect(other == (try EmbeddingModel(decoding: other.encode())))
    }

    @Test func saveAndLoad() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).semblance-model")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let model = try Self.smallModel()
        try model.save(to: path)
        #expect(try EmbeddingModel.load(contentsOf: path) == model)
        #expect(throws: ModelError.unreadable(path: path + "x")) { try EmbeddingModel.load(contentsOf: path + "x") }
        #expect(throws: ModelError.unwritable(path: "/nonexistent/model")) { try model.save(to: "/nonexistent/model") }
    }

    @Test func truncationAtEveryByteIsNamed() throws {
        let bytes = try Self.smallModel().encode()
        for count in bytes.indices {
            #expect(throws: ModelError.truncated) { try EmbeddingModel(decoding: Array(bytes[..<count])) }
        }
        #expect(throws: ModelError.trailingBytes) { try EmbeddingModel(decoding: bytes + [0]) }
    }

    @Test func everyBitFlipIsRefusedOrGivesAnotherIdentity() throws {
        let model = try Self.smallModel()
        let bytes = model.encode()
        var refused = 0
        for index in bytes.indices {
            for bit in 0..<8 {
                var mutant = bytes
                mutant[index] ^= 1 << bit
                do throws(ModelError) {
                    let decoded = try EmbeddingModel(decoding: mutant)
                    // How much of a table an import may use is no part of what it made.
                    let isTableBits = decoded.network.tableBits != model.network.tableBits
                    #expect((decoded.identity == model.identity) == isTableBits)
                    #expect(decoded.encode() == mutant)
                } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > 0)
    }

    @Test func randomBytesAreRefused() throws {
        var generator = SeededGenerator(seed: 9)
        let bytes = try Self.smallModel().encode()
        for _ in 0..<2000 {
            var mutant = bytes
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                mutant[Int.random(in: 14..<bytes.count, using: &generator)] = UInt8.random(
                    in: 0...255,
                    using: &generator
                )
            }
            _ = try? EmbeddingModel(decoding: mutant)
        }
        #expect(throws: ModelError.notAModel) { try EmbeddingModel(decoding: [UInt8](repeating: 0, count: 100)) }
    }

    @Test func headerFieldsAreNamed() throws {
        var bytes = try Self.smallModel().encode()
        bytes[8] = 1
        #expect(throws: ModelError.unsupportedVersion(1)) { try EmbeddingModel(decoding: bytes) }
        bytes[8] = 2
        bytes[0] = 0
        #expect(throws: ModelError.notAModel) { try EmbeddingModel(decoding: bytes) }
    }

    @Test func integersHaveOneWidth() throws {
        // The width of a tensor's entries must be the least that holds them.
        var writer = ByteWriter()
        writer.append(integers: [Int32(1), -128, 127])
        #expect(writer.bytes == [3, 0, 0, 0, 1, 1, 128, 127])
        writer = ByteWriter()
        writer.append(integers: [Int32(128)])
        #expect(writer.bytes == [1, 0, 0, 0, 2, 128, 0])
        writer = ByteWriter()
        writer.append(integers: [Int32.min, Int32.max])
        var reader = ByteReader<ModelError>(writer.bytes)
        #expect(try reader.readIntegers(maximumCount: 2) == [Int32.min, Int32.max])

        let model = try Self.smallModel()
        let bytes = model.encode()
        let last = model.network.layers[model.network.layers.count - 1]
        writer = ByteWriter()
        writer.append(integers: last.terms[0].weights)
        // Then the flag of private weights.
        let tail = writer.bytes + [0]
        #expect(bytes.suffix(tail.count) == tail[...])
        let width = Int(tail[4])
        try #require(width < 4)
        var wide = Array(bytes.dropLast(tail.count)) + tail[..<4] + [UInt8(width + 1)]
        for weight in last.terms[0].weights {
            for byte in 0...width { wide.append(UInt8(truncatingIfNeeded: weight >> Int32(8 * byte))) }
        }
        wide.append(0)
        let length = UInt32(wide.count - 14)
        for byte in 0..<4 { wide[10 + byte] = UInt8(truncatingIfNeeded: length >> UInt32(8 * byte)) }
        #expect(throws: ModelError.notCanonical) { try EmbeddingModel(decoding: wide) }
    }

    @Test func meaninglessFieldsAreRefused() throws {
        let network = try Self.smallModel().network
        func make(
            name: String = "m",
            modality: String = "face",
            preprocessing: Preprocessing = Preprocessing(),
            minimumNorm: UInt32 = 1,
            thresholds: [MatchThreshold] = []
        ) throws {
            _ = try EmbeddingModel(
                name: name,
                modality: modality,
                network: network,
                preprocessing: preprocessing,
                minimumNorm: minimumNorm,
                thresholds: thresholds
            )
        }
        try make()
        #expect(throws: ModelError.invalidText) { try make(name: "") }
        #expect(throws: ModelError.invalidText) { try make(name: String(repeating: "n", count: 256)) }
        #expect(throws: ModelError.invalidText) { try make(modality: "iris") }
        #expect(throws: ModelError.invalidPreprocessing) { try make(preprocessing: Preprocessing(windowWidth: 5)) }
        #expect(throws: ModelError.invalidThresholds) { try make(minimumNorm: 0) }
        #expect(throws: ModelError.invalidThresholds) { try make(minimumNorm: .max) }
        #expect(throws: ModelError.invalidThresholds) {
            try make(thresholds: [MatchThreshold(fmr: .nan, numerator: 1)])
        }
        #expect(throws: ModelError.invalidThresholds) {
            try make(thresholds: [MatchThreshold(fmr: 0.001, numerator: 5), MatchThreshold(fmr: 0.01, numerator: 6)])
        }
        #expect(throws: ModelError.invalidThresholds) {
            try make(thresholds: [MatchThreshold(fmr: 0.01, numerator: 5), MatchThreshold(fmr: 0.001, numerator: 4)])
        }
    }

    @Test func descriptionFieldsAreRefusedOneByOne() throws {
        let good = try Self.smallModel().network
        func make(
            shift: Int? = nil,
            tableBits: Int? = nil,
            tables: [ActivationTable]? = nil,
            change: (inout [Layer]) -> Void = { _ in }
        ) throws {
            var layers = good.layers
            change(&layers)
            _ = try IntegerNetwork(
                input: good.input,
                shift: shift ?? good.shift,
                tableBits: tableBits ?? good.tableBits,
                tables: tables ?? good.tables,
                layers: layers
            )
        }
        try make()
        #expect(throws: ModelError.invalidShift) { try make(shift: 1) }
        #expect(throws: ModelError.invalidShift) { try make(shift: 16, tableBits: 15) }
        #expect(throws: ModelError.invalidShift) { try make(shift: 2, tableBits: 17) }
        #expect(throws: ModelError.invalidTable) { try make(tables: []) }
        #expect(throws: ModelError.invalidTable) { try make(tables: good.tables + [good.tables[0]]) }
        #expect(throws: ModelError.limitExceeded) { try make { $0 = [] } }
        // The embedding's table has to be symmetric.
        #expect(throws: ModelError.invalidDimension) { try make { $0[$0.count - 1].table = 1 } }
        let invalid = ModelError.invalidLayer(name: good.layers[0].name)
        #expect(throws: invalid) { try make { $0[0].table = 99 } }
        #expect(throws: invalid) { try make { $0[0].terms = [] } }
        #expect(throws: invalid) { try make { $0[0].bias.removeLast() } }
        #expect(throws: invalid) { try make { $0[0].terms[0].weights.append(0) } }
        #expect(throws: invalid) { try make { $0[0].terms[0].sources = [] } }
        #expect(throws: invalid) { try make { $0[0].terms[0].sources[0].block = 1 } }
        #expect(throws: invalid) { try make { $0[0].terms[0].sources[0].block = -1 } }
        #expect(throws: invalid) { try make { $0[0].terms[0].sources[0].column = .positivePart } }
        #expect(throws: invalid) { try make { $0[0].terms[0].strideX = 0 } }
        #expect(throws: invalid) { try make { $0[0].terms[0].padTop = $0[0].terms[0].kernelHeight } }
        #expect(throws: invalid) { try make { $0[0].terms[0].padLeft = -1 } }
        #expect(throws: invalid) { try make { $0[0].output.height += 100 } }
        #expect(throws: invalid) { try make { $0[0].output.width = 0 } }
        #expect(throws: invalid) { try make { $0[0].terms[0].weights[0] = .min } }
    }
}
