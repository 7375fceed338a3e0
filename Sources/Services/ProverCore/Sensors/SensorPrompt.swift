import Statement

/// Where a person presents what he is asked for, in words.
enum SensorPrompt {
    /// A sensor, and what it looks for.
    struct Place: Sendable {
        let name: String
        let modalities: [Modality]
    }

    /// Such as "touch the reader or look at the camera". Where several sensors look for the same they are told apart by their
    /// names.
    static func words(_ places: [Place]) -> String {
        var phrases: [String] = []
        for place in places {
            for modality in place.modalities {
                let isOnly = places.count { $0.modalities.contains(modality) } == 1
                let device = isOnly ? "" : " \"\(place.name)\""
                switch modality {
                case .face: phrases.append("look at the camera\(device)")
                case .fingerprint: phrases.append("touch the reader\(device)")
                }
            }
        }
        return PresentedWords.join(phrases)
    }
}

extension SensorPrompt.Place {
    /// - Parameter challenges: those that the sensor is asked about.
    init(_ sensor: ProverSensor, _ challenges: [Challenge]) {
        var modalities: [Modality] = []
        for challenge in challenges where !modalities.contains(challenge.modality) {
            modalities.append(challenge.modality)
        }
        self.init(name: sensor.name, modalities: modalities)
    }
}
