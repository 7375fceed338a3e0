import Readers

/// The machine's fingerprint readers.
extension Doctor {
    /// Which can be used; none is opened. That there is none, or no libfprint, is no finding.
    func checkReaders() -> [Finding] {
        ReaderList().entries.map { reader in
            Finding("reader \(reader.name)", "\(reader.product): \(reader.manner)", hint: reader.fault.map { "\($0)" })
        }
    }
}
