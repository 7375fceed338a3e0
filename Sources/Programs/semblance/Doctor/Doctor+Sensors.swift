import Cameras

/// The machine's cameras and fingerprint readers.
extension Doctor {
    /// What each can do; nothing is started. Who runs this need not be allowed what the sensor is.
    func checkCameras() -> [Finding] {
        CameraList().entries.map { camera in
            let what = "camera \(camera.name)"
            switch camera.fault {
            case nil: return Finding(what, camera.words)
            case .notPermitted:
                return Finding(what, "\(camera.card); what it can do, only root and the group video may see")
            case let fault?: return Finding(what, camera.card, hint: "\(fault)")
            }
        }
    }

    /// Which can be used; none is opened. That there is none, or no libfprint, is no finding.
    func checkReaders() -> [Finding] {
        do {
            return try MachineReaders.listing().entries.map { reader in
                Finding("reader \(reader.name)", "\(reader.product): \(reader.manner)", hint: reader.fault)
            }
        } catch {
            return [
                Finding("readers", error.message, hint: error.hint ?? "look at it: semblance-sensor --list-readers")
            ]
        }
    }
}
