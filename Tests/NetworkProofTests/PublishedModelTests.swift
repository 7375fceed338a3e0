import Ristretto255
import Sodium
import Testing

@testable import Models
@testable import ProofTestSupport

/// The verifier's file: one encoding per model, an identity over every field, and no input that traps.
@Suite struct PublishedModelTests {
    @Test func identitiesAreThoseOfTheDocumentation() throws {
        // Scripts/published_model.py computes these from the documentation, with Python's integers.
        let model = try SampleModel.model()
        #expect(hex(model.identity) == "3e2bb0cb4006d94741d19c4660dddff731c8d5b6f0b63b114aa42ebb87c4599e")
        #expect(
            hex(Hash.sha256(model.encode())) == "2413572668511f20abf53533e262ed08f6fa7621246160bd8c99e229fb0b678c"
        )
        let hidden = try SampleModel.model(blindingSeed: SampleModel.seed)
        #expect(hex(hidden.identity) == "dd50efd90d80feab72c8775ace5918dcab911a11fba8daa9303d8458b65e9eb6")
        #expect(
            hex(Hash.sha256(hidden.encode())) == "08dfc3d5cd75a30d81209ec94c2d9a0dacb4661e170f4ac382e9f2b31fc72d66"
        )
    }

    @Test func roundTrip() throws {
        for seed in [nil, SampleModel.seed] {
            let model = try SampleModel.model(blindingSeed: seed)
            let decoded = try PublishedModel(decoding: model.encode())
            #expect(decoded == model)
            #expect(decoded.encode() == model.encode())
            #expect(decoded.description == model.description)
            #expect(decoded.header == model.header)
            #expect(decoded.parameterRows == model.parameterRows)
            let rows = decoded.sharedRows.points
            #expect((0..<rows.count).map { rows[$0].compress() } == model.parameterRows)
            #expect(decoded.hasPrivateWeights == (seed != nil))
            #expect(decoded.identity == model.identity)
        }
    }

    @Test func everyTruncationIsNamed() throws {
        let bytes = try SampleModel.model().encode()
        for count in bytes.indices {
            #expect(throws: ModelError.truncated) { try PublishedModel(decoding: bytes[..<count]) }
        }
        #expect(throws: ModelError.trailingBytes) { try PublishedModel(decoding: bytes + [0]) }
        #expect(throws: ModelError.tooLarge) {
            try PublishedModel(decoding: [UInt8](repeating: 0, count: PublishedModel.maximumBytes + 1))
        }
    }

    @Test func everyBitFlipIsRefusedOrGivesAnotherIdentity() throws {
        let model = try SampleModel.model()
        let bytes = model.encode()
        var accepted = 0
        for index in bytes.indices {
            for bit in 0..<8 {
                var mutant = bytes
                mutant[index] ^= 1 << bit
                guard let decoded = try? PublishedModel(decoding: mutant) else { continue }
                accepted += 1
                #expect(decoded.identity != model.identity)
                #expect(decoded.encode() == mutant)
            }
        }
        #expect(accepted > 0)
    }

    @Test func fieldsOfTheFrameAreNamed() throws {
        let bytes = try SampleModel.model().encode()
        func refusal(_ change: (inout [UInt8]) -> Void) -> ModelError? {
            var mutant = bytes
            change(&mutant)
            do throws(ModelError) {
                _ = try PublishedModel(decoding: mutant)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal { $0[0] = 0 } == .notAModel)
        #expect(refusal { $0[8] = 2 } == .unsupportedVersion(2))
        #expect(refusal { $0[10] -= 1 } == .truncated)
        let rows = 32 * 10
        let flag = bytes.count - rows - 5
        #expect(refusal { $0[flag] = 2 } == .limitExceeded)
        #expect(refusal { $0[flag] = 1 } == nil)
        // The number of rows follows from the network.
        #expect(
            refusal {
                $0[flag + 1] = 9
                $0.removeLast(32)
            } == .invalidParameterRows
        )
        #expect(
            refusal {
                $0[flag + 1] = 11
                $0 += [UInt8](repeating: 0, count: 32)
            } == .invalidParameterRows
        )
        #expect(
            refusal {
                $0[flag + 1] = 0
                $0.removeLast(rows)
            } == .limitExceeded
        )
        #expect(refusal { $0[flag + 3] = 255 } == .limitExceeded)
        // 1 is no encoding of a point: it is negative.
        #expect(
            refusal { $0 = $0.dropLast(32) + [1] + [UInt8](repeating: 0, count: 31) } == .invalidParameterRows
        )
        // The identity is.
        #expect(refusal { $0 = $0.dropLast(32) + [UInt8](repeating: 0, count: 32) } == nil)
    }

    @Test func meaninglessDescriptionsAreRefusedOneByOne() throws {
        func refusal(_ change: (inout NetworkDescription) -> Void) -> ModelError? {
            var description = SampleModel.description
            change(&description)
            do throws(ModelError) {
                try description.validate()
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.shift = 1 } == .invalidShift)
        #expect(refusal { $0.shift = 17 } == .invalidShift)
        #expect(refusal { $0.input.height = 0 } == .invalidInput)
        #expect(refusal { $0.tables = [] } == .invalidTable)
        #expect(refusal { $0.tables.append($0.tables[0]) } == .invalidTable)
        // The same activation under another range is the same table.
        #expect(
            refusal {
                $0.tables.append($0.tables[0])
                $0.tables[3].quotients = 0...1
            } == .invalidTable
        )
        #expect(refusal { $0.tables[0].quotients = 1...5 } == .invalidTable)
        #expect(refusal { $0.tables[0].quotients = -5 ... -1 } == .invalidTable)
        #expect(refusal { $0.tables[0].quotients = -32769...0 } == .invalidTable)
        #expect(refusal { $0.tables[0].quotients = 0...32768 } == .invalidTable)
        #expect(refusal { $0.tables[0].activation = .clip(lower: -129, upper: 5) } == .invalidTable)
        #expect(refusal { $0.layers = [] } == .limitExceeded)
        #expect(refusal { $0.layers[2].table = 0 } == .invalidDimension)
        #expect(refusal { $0.layers[2].output.channels = 513 } == .invalidDimension)
        #expect(
            refusal {
                $0.layers[2].output.height = 2
                $0.layers[2].terms[0].padTop = 1
            } == .invalidDimension
        )

        let first = ModelError.invalidLayer(name: "first")
        #expect(refusal { $0.layers[0].table = 3 } == first)
        #expect(refusal { $0.layers[0].terms = [] } == first)
        #expect(refusal { $0.layers[0].terms += Array(repeating: $0.layers[0].terms[0], count: 4) } == first)
        #expect(refusal { $0.layers[0].terms[0].sources = [] } == first)
        #expect(refusal { $0.layers[0].terms[0].sources[0].block = 1 } == first)
        #expect(refusal { $0.layers[0].terms[0].sources[0].block = -1 } == first)
        #expect(refusal { $0.layers[0].terms[0].sources[0].column = .positivePart } == first)
        #expect(refusal { $0.layers[0].terms[0].kernelHeight = 0 } == first)
        #expect(refusal { $0.layers[0].terms[0].strideX = 65 } == first)
        #expect(refusal { $0.layers[0].terms[0].padTop = 3 } == first)
        #expect(refusal { $0.layers[0].terms[0].padLeft = -1 } == first)
        #expect(refusal { $0.layers[0].output.height = 4 } == first)
        let second = ModelError.invalidLayer(name: "sécond")
        #expect(refusal { $0.layers[1].terms[0].sources.append(BlockSource(block: 0)) } == second)
        #expect(refusal { $0.layers[1].output.channels = 4 } == second)
        #expect(
            refusal {
                $0.layers[1].terms[1].kind = .convolution
                $0.layers[1].terms[1].kernelWidth = 0
            } == second
        )
        #expect(refusal { $0.layers[1].name = String(repeating: "x", count: 256) } != nil)

        // Block 1 is read in column 1; block 3 is the end.
        #expect(refusal { $0.headStart = 0 } == nil)
        #expect(refusal { $0.headStart = 1 } == .invalidHeadStart)
        #expect(refusal { $0.headStart = 3 } == .invalidHeadStart)
        #expect(refusal { $0.headStart = -1 } == .invalidHeadStart)
        #expect(
            refusal {
                $0.layers[2].terms.append(
                    SampleModel.term(.convolution, [BlockSource(block: 1)], kernel: (3, 5))
                )
            } == .invalidHeadStart
        )
        // 2^26 weights are allowed, their rows are not: small blocks make short rows.
        #expect(
            refusal {
                $0.input = TensorShape(channels: 1, height: 1, width: 1)
                $0.headStart = 0
                $0.layers.removeFirst(2)
                $0.layers[0].output.channels = 64
                $0.layers[0].terms = [
                    SampleModel.term(.convolution, [BlockSource(block: 0)], kernel: (1024, 1024))
                ]
            } == .limitExceeded
        )
    }

    /// The attack: a model of a few KB with which every proof, junk included, keeps a verifier busy for seconds. A kernel of
    /// 4096 rows meets each of 4096 output rows; such a term took 0.35 s.
    @Test func aSmallModelThatMakesVerifyingSlowIsRefused() throws {
        func refusal(kernel: Int, height: Int, layers: Int) throws -> ModelError? {
            let block = TensorShape(channels: 1, height: height, width: 1)
            let tall = NetworkDescription.Layer(
                name: "tall",
                terms: [
                    SampleModel.term(
                        .depthwise,
                        [BlockSource(block: 0)],
                        kernel: (kernel, 1),
                        pad: (kernel / 2, 0)
                    )
                ],
                output: block,
                table: 0
            )
            var description = SampleModel.description
            description.input = block
            description.headStart = 0
            description.layers = (0..<layers).map { index in
                var layer = tall
                layer.terms[0].sources = [BlockSource(block: index)]
                return layer
            }
            description.layers.append(
                NetworkDescription.Layer(
                    name: "embedding",
                    terms: [SampleModel.term(.convolution, [BlockSource(block: layers)], kernel: (height, 1))],
                    output: TensorShape(channels: 2, height: 1, width: 1),
                    table: 2
                )
            )
            let rows = ParameterLayout(description).rowCount
            do throws(ModelError) {
                let model = try PublishedModel(
                    header: SampleModel.header,
                    description: description,
                    hasPrivateWeights: false,
                    parameterRows: Array(repeating: .identity, count: rows)
                )
                // What is accepted when it is published is accepted when it is registered.
                _ = try PublishedModel(decoding: model.encode())
                return nil
            } catch {
                return error
            }
        }
        #expect(try refusal(kernel: 4096, height: 4096, layers: 1) == .limitExceeded)
        #expect(try refusal(kernel: 2048, height: 2048, layers: 1) == .limitExceeded)
        #expect(try refusal(kernel: 512, height: 1024, layers: 4) == .limitExceeded)
        // 1024 x 1000, and the rest, are below 2^20; so is by far what a network for images needs.
        #expect(try refusal(kernel: 1000, height: 1024, layers: 1) == nil)
        #expect(try refusal(kernel: 7, height: 512, layers: 100) == nil)
    }

    @Test func meaninglessHeadersAreRefused() throws {
        func refusal(_ change: (inout ModelHeader) -> Void) -> ModelError? {
            var header = SampleModel.header
            change(&header)
            do throws(ModelError) {
                try header.validate(dimension: 5)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.name = "" } == .invalidText)
        #expect(refusal { $0.name = String(repeating: "n", count: 256) } == .invalidText)
        #expect(refusal { $0.modality = "iris" } == .invalidText)
        #expect(refusal { $0.preprocessing.windowWidth = 4097 } == .invalidPreprocessing)
        #expect(refusal { $0.preprocessing.windowHeight = 0 } == .invalidPreprocessing)
        #expect(refusal { $0.preprocessing = Preprocessing(background: 1) } == .invalidPreprocessing)
        // Only what shows a face is aligned to a face, and an aligned frame is neither windowed nor cut.
        for alignment in [Alignment.face112, .finger128] {
            func aligned(_ modality: String, _ preprocessing: Preprocessing) -> ModelError? {
                refusal {
                    $0.modality = modality
                    $0.preprocessing = preprocessing
                    $0.preprocessing.alignment = alignment
                }
            }
            let (own, other) = alignment == .face112 ? ("face", "fingerprint") : ("fingerprint", "face")
            #expect(aligned(own, Preprocessing()) == nil)
            #expect(aligned(other, Preprocessing()) == .invalidPreprocessing)
            #expect(aligned(own, Preprocessing(keepsAspect: true)) == .invalidPreprocessing)
            #expect(aligned(own, Preprocessing(windowWidth: 9, windowHeight: 9)) == .invalidPreprocessing)
            let levelled = alignment == .face112 ? nil : ModelError.invalidPreprocessing
            #expect(aligned(own, Preprocessing(levelsGrey: true)) == levelled)
        }
        #expect(refusal { $0.preprocessing.levelsGrey = true } == .invalidPreprocessing)
        #expect(refusal { $0.minimumNorm = 0 } == .invalidThresholds)
        #expect(refusal { $0.minimumNorm = 5 * 127 * 127 + 1 } == .invalidThresholds)
        #expect(refusal { $0.thresholds[0].fmr = -0.0 } == .invalidThresholds)
        #expect(refusal { $0.thresholds[0].fmr = .infinity } == .invalidThresholds)
        #expect(refusal { $0.thresholds.swapAt(0, 1) } == .invalidThresholds)
        #expect(refusal { $0.thresholds[1].numerator = 8999 } == .invalidThresholds)
        #expect(
            refusal {
                $0.thresholds = (0..<17).map { MatchThreshold(fmr: 0.5 / Double($0 + 1), numerator: 1) }
            } == .invalidThresholds
        )
        #expect(throws: ModelError.invalidInput) {
            var description = SampleModel.description
            description.input.channels = 2
            let rows = ParameterLayout(description).rowCount
            _ = try PublishedModel(
                header: SampleModel.header,
                description: description,
                hasPrivateWeights: false,
                parameterRows: Array(repeating: .identity, count: rows)
            )
        }
    }

    /// Mutants whose lengths still fit are what reaches the validation.
    @Test func structuredMutationsNeverTrap() throws {
        var generator = SplitMix(state: 20_261_122)
        let model = try SampleModel.model()
        let bytes = model.encode()
        let bodyEnd = 14 + Int(bytes[10]) + Int(bytes[11]) << 8
        let interesting: [UInt8] = [0, 1, 2, 3, 4, 8, 16, 32, 64, 127, 128, 254, 255]
        var accepted = 0
        for _ in 0..<100_000 {
            var body = Array(bytes[14..<bodyEnd])
            var rows = Array(bytes[bodyEnd...])
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: body.indices, using: &generator)
                let end = min(body.count, index + Int.random(in: 1...16, using: &generator))
                switch Int.random(in: 0..<7, using: &generator) {
                case 0: body[index] = interesting.randomElement(using: &generator) ?? 0
                case 1: body[index] = UInt8.random(in: 0...255, using: &generator)
                case 2: body[index] &+= Bool.random(using: &generator) ? 1 : 255
                case 3: for k in index..<end { body[k] = interesting.randomElement(using: &generator) ?? 0 }
                case 4: body.removeSubrange(index..<end)
                case 5: body.insert(contentsOf: body[index..<end], at: index)
                default:
                    let position = Int.random(in: rows.indices, using: &generator)
                    rows[position] = UInt8.random(in: 0...255, using: &generator)
                }
                if body.isEmpty { body = [0] }
            }
            var mutant = Array(bytes[..<10])
            for shift in stride(from: 0, to: 32, by: 8) {
                mutant.append(UInt8(truncatingIfNeeded: body.count >> shift))
            }
            mutant += body + rows
            guard let decoded = try? PublishedModel(decoding: mutant) else { continue }
            accepted += 1
            if mutant != bytes { #expect(decoded.identity != model.identity) }
        }
        #expect(accepted > 100)
    }

    private func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
