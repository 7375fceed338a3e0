import Cameras
import Encoding
import Foundation
import ServiceSupport
import Setup

/// The sensors that this machine has.
struct SensorFinder {
    struct Candidate {
        let sensor: SetupSensor
        /// What it can do.
        let words: String
        /// Whether it gives frames now.
        let isUsable: Bool
    }

    /// Every kind of sensor that can be found is here. An image tray cannot: it is named, or configured already.
    func candidates() -> [Candidate] { cameras() + readers() }

    /// The sensor that a flag names: `tray=PATH`, `camera=NAME` or `reader=NAME`.
    static func sensor(named text: String) -> SetupSensor? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty, DisplayName.isHarmless(parts[1]) else { return nil }
        switch parts[0] {
        case "tray" where parts[1].hasPrefix("/"): return .tray(parts[1])
        case "camera": return .camera(name: parts[1], kind: kind(ofCamera: parts[1]))
        case "reader": return .reader(name: parts[1])
        default: return nil
        }
    }

    /// The sensor that a configuration has; nil where it has none.
    static func sensor(configuredBy members: [String: JSON]) -> SetupSensor? {
        if case .string(let tray)? = members["tray"] { return .tray(tray) }
        if case .string(let reader)? = members["reader"] { return .reader(name: reader) }
        guard case .string(let camera)? = members["camera"] else { return nil }
        guard case .string(let kind)? = members["cameraKind"] else { return .camera(name: camera, kind: "auto") }
        return .camera(name: camera, kind: kind)
    }

    private func cameras() -> [Candidate] {
        CameraList().entries.map { entry in
            Candidate(
                sensor: .camera(name: entry.name, kind: Self.kind(entry)),
                words: "\(entry.card): \(entry.words)",
                isUsable: entry.fault == nil
            )
        }
    }

    private func readers() -> [Candidate] {
        do {
            return try MachineReaders.listing().entries.map { entry in
                Candidate(sensor: .reader(name: entry.name), words: entry.words, isUsable: entry.fault == nil)
            }
        } catch {
            Terminal.note("warning: fingerprint readers could not be looked for: \(error.message)")
            return []
        }
    }

    /// One face looks different in infrared, so the kind is written down where it can be told.
    private static func kind(_ entry: CameraList.Entry) -> String {
        entry.isInfrared.map { $0 ? CameraKind.infrared : .colour }?.rawValue ?? CameraKind.auto.rawValue
    }

    private static func kind(ofCamera name: String) -> String {
        let found = CameraList().entries.filter { $0.name == name || $0.name.hasSuffix("/\(name)") }
        return found.count == 1 ? kind(found[0]) : CameraKind.auto.rawValue
    }
}
