import Foundation
import Testing

@testable import Imaging
@testable import IntegerNetwork
@testable import ModelTools

@Suite(.serialized, .enabled(if: Shared.hasModels, "models and data are in ../shared or $SEMBLANCE_SHARED"))
struct SharedModelTests {
    @Test(arguments: ["tiny", "small", "lenet", "lenet_5", "4l_relu_conv_fc", "variable_cnn"])
    func importsAndAgreesWithFloatingPoint(name: String) throws {
        let images = try Shared.extract("data/orl.tar", pattern: "orl/s1*")
        let output = "\(images)/\(name).semblance-model"
        defer { try? FileManager.default.removeItem(atPath: images) }
        let report = try ModelCommands.importModel(
            ImportOptions(
                onnx: Shared.path("models/\(name).onnx"),
                calibration: images,
                output: output,
                name: name,
                modality: "face"
            )
        )
        #expect(report.agreement.medianCosine > 0.999)
        #expect(report.agreement.leastCosine > 0.998)
        let model = try EmbeddingModel.load(contentsOf: output)
        #expect(ModelDescription(model.published).identity == report.model.identity)
        // The same file, images and options give the same bytes.
        let path = try ModelCommands.imagePaths(in: images, maximum: 1)[0]
        let image = try ImageDecoder.decode(contentsOf: path)
        let input = model.preprocess(image)
        #expect(try model.embed(image).map(Int.init) == NaiveNetwork.run(model.network, pixels: input).blocks.last)
        let result = try ModelCommands.run(model: output, images: [path, path])
        #expect(result.comparisons.map(\.cosine) == [1])
    }

    @Test(.enabled(if: Shared.hasFaces, "faces are in ../shared/data"))
    func faceNetworkAgreesWithFloatingPoint() throws {
        let images = try Shared.extract("data/lfw112.tar", pattern: "lfw112/[AJ]*")
        let output = "\(images)/face.semblance-model"
        defer { try? FileManager.default.removeItem(atPath: images) }
        var options = ImportOptions(
            onnx: Shared.path("models/mobilefacenet-relu6.onnx"),
            calibration: images,
            output: output,
            name: "MobileFaceNet",
            modality: "face"
        )
        options.mean = 127
        options.scale = 128
        options.maximumImages = 100
        let report = try ModelCommands.importModel(options)
        #expect(report.agreement.medianCosine >= 0.998)
        #expect(report.agreement.leastCosine >= 0.99)
        #expect(report.model.dimension == 128)
        #expect(Int(report.model.minimumNorm) * 3 <= report.agreement.leastNorm * 2)
        #expect(report.model.minimumNorm >= 16384)
        #expect(report.model.layers.count == 51)
        // Residual chains are read as plain sums of up to seven columns.
        #expect(try EmbeddingModel.load(contentsOf: output).network.layers.map { $0.terms[0].sources.count }.max() == 7)
        // Two pictures of one man, one of another.
        let faces = [
            "Abel_Pacheco/Abel_Pacheco_0001", "Abel_Pacheco/Abel_Pacheco_0004", "Jacques_Chirac/Jacques_Chirac_0001",
        ]
        let result = try ModelCommands.run(model: output, images: faces.map { "\(images)/lfw112/\($0).jpg" })
        #expect(result.comparisons[0].cosine > result.comparisons[1].cosine + 0.2)
        #expect(result.comparisons[0].cosine > result.comparisons[2].cosine + 0.2)
    }
}
