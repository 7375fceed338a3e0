import Statement

/// What a person presents to the sensor, in words.
enum PresentedWords {
    /// Such as "your right index finger, your left thumb or your face".
    static func list(_ challenges: [Challenge]) -> String {
        var names: [String] = []
        for challenge in challenges {
            let name = name(challenge.modality, challenge.label)
            if !names.contains(name) { names.append(name) }
        }
        return join(names)
    }

    /// Such as "a, b or c".
    static func join(_ words: [String]) -> String {
        guard words.count > 1, let last = words.last else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }

    private static func name(_ modality: Modality, _ label: String) -> String {
        switch modality {
        case .face: "your face"
        case .fingerprint: finger(label)
        }
    }

    /// Labels such as "right-index" and "left-thumb", also as fprintd writes them ("right-index-finger"), are known.
    private static func finger(_ label: String) -> String {
        if label == "default" { return "your finger" }
        let parts = label.split(separator: "-", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), ["right", "left"].contains(parts[0]),
            ["thumb", "index", "middle", "ring", "little"].contains(parts[1]), parts.count == 2 || parts[2] == "finger"
        else { return "your finger \"\(label)\"" }
        return "your \(parts[0]) \(parts[1])" + (parts[1] == "thumb" ? "" : " finger")
    }
}
