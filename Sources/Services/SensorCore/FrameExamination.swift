import Commitments
import Imaging
import IntegerNetwork
import Models
import Statement

/// What one frame gives for the challenges that it was captured for.
///
/// Each alignment and each network runs once, however many challenges are about them.
struct FrameExamination {
    /// A challenge that a frame is looked at for.
    struct Question {
        /// Its place among the challenges of the capture.
        let place: Int
        let challenge: SignedChallenge
        let views: [View]
    }

    /// A model to look through, and what its embedding must satisfy.
    struct View {
        let model: EmbeddingModel
        let statement: Challenge
    }

    /// What a frame gives for one question.
    struct Finding {
        let question: Question
        /// One for each view.
        let openings: [ImageSensor.Opening]
        /// 0...1.
        let quality: Double
    }

    /// A usable frame, before anything is committed: what each question's views saw.
    struct Seen {
        fileprivate let answers: [(question: Question, traces: [NetworkTraceValues])]
        /// 0...1.
        let quality: Double
    }

    private let source: SourceFrame
    private let modality: Modality
    private let aligners: [any FrameAligner]
    private var frames: [Alignment: AlignedFrame] = [:]
    private var traces: [[UInt8]: NetworkTraceValues] = [:]

    /// What the frame shows for all questions about the first modality, in the order of the questions, that it is usable
    /// for: a frame shows a face or a finger, not both.
    static func views(
        _ source: SourceFrame,
        _ questions: [Question],
        _ aligners: [any FrameAligner]
    ) throws(FrameRefusal) -> Seen {
        var modalities: [Modality] = []
        for question in questions where !modalities.contains(question.modality) { modalities.append(question.modality) }
        var advice: [String] = []
        for modality in modalities {
            var examination = FrameExamination(source, modality, aligners)
            do {
                return try examination.seen(questions.filter { $0.modality == modality })
            } catch {
                advice.append(modalities.count == 1 ? error.advice : "\(modality.name): \(error.advice)")
            }
        }
        throw FrameRefusal(advice: advice.joined(separator: "; "))
    }

    private init(_ source: SourceFrame, _ modality: Modality, _ aligners: [any FrameAligner]) {
        (self.source, self.modality, self.aligners) = (source, modality, aligners)
    }

    /// - Throws: where there are none, what is wrong with the frame for the first question.
    private mutating func seen(_ questions: [Question]) throws(FrameRefusal) -> Seen {
        var answers: [(question: Question, traces: [NetworkTraceValues])] = []
        var obstacle: FrameRefusal?
        for question in questions {
            do {
                answers.append((question, try traces(question)))
            } catch {
                obstacle = obstacle ?? error
            }
        }
        if answers.isEmpty, let obstacle { throw obstacle }
        return Seen(answers: answers, quality: frames.values.map(\.quality).min() ?? 0)
    }

    private mutating func traces(_ question: Question) throws(FrameRefusal) -> [NetworkTraceValues] {
        var traces: [NetworkTraceValues] = []
        for view in question.views {
            let frame = try frame(view.model.preprocessing.alignment)
            try view.model.preprocessing.checkLight(of: frame)
            let trace = try trace(view.model, frame)
            guard trace.embedding.reduce(0, { $0 + Int($1) * Int($1) }) >= Int(view.statement.minimumNorm) else {
                throw FrameRefusal(advice: "too little to recognise in the image")
            }
            traces.append(trace)
        }
        return traces
    }

    /// The frame as a model wants it, if it is good enough.
    private mutating func frame(_ alignment: Alignment) throws(FrameRefusal) -> AlignedFrame {
        if let seen = frames[alignment] { return seen }
        let frame: AlignedFrame
        if alignment == .none {
            let quality = FrameQuality(source.image, modality)
            if let advice = quality.advice { throw FrameRefusal(advice: advice) }
            frame = AlignedFrame(image: source.image, quality: quality.score)
        } else {
            guard let aligner = aligners.first(where: { $0.alignment == alignment }) else {
                throw FrameRefusal(advice: "the sensor cannot align frames as the model wants")
            }
            frame = try aligner.align(source.image, dotsPerInch: source.dotsPerInch)
        }
        frames[alignment] = frame
        return frame
    }

    private mutating func trace(
        _ model: EmbeddingModel,
        _ frame: AlignedFrame
    ) throws(FrameRefusal) -> NetworkTraceValues {
        if let seen = traces[model.identity] { return seen }
        let trace: NetworkTraceValues
        do {
            trace = try model.traceValues(input: model.preprocess(frame.image))
        } catch {
            throw Self.unfitting
        }
        traces[model.identity] = trace
        return trace
    }

    fileprivate static let unfitting = FrameRefusal(advice: "the image does not fit the model")
}

extension FrameExamination.Seen {
    /// Commits to it, under fresh blinders.
    func findings() throws(FrameRefusal) -> [FrameExamination.Finding] {
        var findings: [FrameExamination.Finding] = []
        for answer in answers {
            let openings = try Self.openings(answer.question, answer.traces)
            findings.append(.init(question: answer.question, openings: openings, quality: quality))
        }
        return findings
    }

    private static func openings(
        _ question: FrameExamination.Question,
        _ traces: [NetworkTraceValues]
    ) throws(FrameRefusal) -> [ImageSensor.Opening] {
        var openings: [ImageSensor.Opening] = []
        for (view, trace) in zip(question.views, traces) {
            let published = question.views[0].model.published
            if let first = openings.first,
                published.sharesStart(with: view.model.published, at: view.statement.assurance)
            {
                openings.append(first)
                continue
            }
            guard let opening = commit(trace, view) else { throw FrameExamination.unfitting }
            openings.append(opening)
        }
        return openings
    }

    /// Commits to what a proof of the statement starts from.
    private static func commit(_ trace: NetworkTraceValues, _ view: FrameExamination.View) -> ImageSensor.Opening? {
        let published = view.model.published
        guard let start = published.startBlock(at: view.statement.assurance) else {
            return (try? EmbeddingOpening(committing: trace.embedding)).map { .embedding($0) }
        }
        let description = published.description
        return (try? StartOpening(committing: trace.blocks[start], description: description, start: start))
            .map { .start($0, shape: description.shape(ofBlock: start)) }
    }
}

extension NetworkTraceValues {
    fileprivate var embedding: [Int16] { blocks.last ?? [] }
}

extension FrameExamination.Question {
    var modality: Modality { challenge.challenge.modality }
}
