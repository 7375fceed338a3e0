import Foundation
import IntegerNetwork
import Models

/// On whom and by which sensors a model's thresholds were found.
///
/// It lies beside the model file: the file's format has no place for it, and the identity that enrolments name must not change with
/// what is known of a model. It is advice; nobody decides by it.
public struct CalibrationNote: Codable, Sendable, Hashable {
    /// People whose impostors the thresholds hold for.
    public struct CalibrationSet: Codable, Sendable, Hashable {
        public var name: String
        /// What the sensor calls its kind, or words for what took the pictures.
        public var sensor: String
        /// Nil where they were not counted alike.
        public var people: Int?
        public var images: Int?
        public var impostorComparisons: Int?
        /// What this set alone asks for; the model has the strictest of all sets.
        public var thresholds: [MatchThreshold]

        public init(
            name: String,
            sensor: String,
            people: Int?,
            images: Int?,
            impostorComparisons: Int?,
            thresholds: [MatchThreshold]
        ) {
            (self.name, self.sensor, self.people, self.images) = (name, sensor, people, images)
            (self.impostorComparisons, self.thresholds) = (impostorComparisons, thresholds)
        }
    }

    /// Identity of the model with the thresholds, hexadecimal.
    public var model: String
    public var modality: String
    public var sets: [CalibrationSet]

    private static let suffix = ".calibration.json"
    private static let maximumBytes = 1 << 20

    public init(model: String, modality: String, sets: [CalibrationSet]) {
        (self.model, self.modality, self.sets) = (model, modality, sets)
    }

    /// Whether some set was taken by a sensor of that kind.
    public func covers(sensor kind: String) -> Bool { sets.contains { $0.sensor == kind } }

    /// In words.
    public var description: String {
        sets.isEmpty
            ? "no set of people"
            : sets.map { set in
                "\(set.name) (\(set.sensor)" + (set.people.map { ", \($0) people" } ?? "") + ")"
            }.joined(separator: ", ")
    }

    /// `x.semblance-model` and `x.semblance-public` have `x.calibration.json`.
    public static func path(beside model: String) -> String {
        for ending in [".semblance-model", ".semblance-public"] where model.hasSuffix(ending) {
            return String(model.dropLast(ending.count)) + suffix
        }
        return model + suffix
    }

    /// Nil where there is none, it cannot be read, or it is of another model.
    public static func load(beside path: String, identity: String) -> CalibrationNote? {
        guard let note = load(Self.path(beside: path)), note.model == identity else { return nil }
        return note
    }

    /// All notes of a folder.
    public static func notes(in folder: String) -> [CalibrationNote] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(suffix) }.sorted().compactMap { load("\(folder)/\($0)") }
    }

    private static func load(_ path: String) -> CalibrationNote? {
        guard let bytes = try? FileAccess.read(path, maximumBytes: maximumBytes) else { return nil }
        return try? JSONDecoder().decode(CalibrationNote.self, from: Data(bytes))
    }

    func save(beside path: String) throws(ModelError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let path = Self.path(beside: path)
        guard let data = try? encoder.encode(self) else { throw .unwritable(path: path) }
        try FileAccess.write(Array(data) + [0x0A], to: path)
    }
}
