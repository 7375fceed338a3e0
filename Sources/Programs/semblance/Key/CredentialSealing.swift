import ArgumentParser
import Encoding
import Sodium

/// What systemd sealed a credential with, by the first 16 bytes of the file (systemd's src/shared/creds-util.h).
enum CredentialSealing: String {
    case host = "5a1c6a86df9d4096b1d5a65e0862f19a"
    case tpm2 = "0c7cc07b117645919c4b0bea08bc20fe"
    case tpm2WithKey = "faf7eb9341e3412ca1a436f95a29362f"
    case hostAndTPM2 = "93a894094874449090caf2fc93cab553"
    case hostAndTPM2WithKey = "af4950a849134eb1a73846304ff30c05"
    /// Sealed with a key that everybody has.
    case nothing = "058469daf6f543248005490daf8ea2fb"

    /// - Parameter file: the Base64 of a sealed credential; nil where it is none that is known.
    init?(_ file: some Sequence<UInt8>) {
        let text = String(decoding: file.filter { $0 > 0x20 }.prefix(24), as: UTF8.self)
        guard let header = Base64.decode(text), header.count >= 16 else { return nil }
        self.init(rawValue: Hexadecimal.encode(header.prefix(16)))
    }

    var words: String {
        switch self {
        case .host: "sealed with this host's key"
        case .tpm2, .tpm2WithKey: "sealed to the TPM"
        case .hostAndTPM2, .hostAndTPM2WithKey: "sealed to the TPM and with this host's key"
        case .nothing: "sealed with nothing"
        }
    }
}

/// What a key is sealed with, as `systemd-creds` takes it.
enum SealingChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, tpm2, host
    case both = "host+tpm2"
}

/// How `systemd-creds` is to seal.
struct SealingOptions: ParsableArguments {
    @Option(
        name: .customLong("with"),
        help: ArgumentHelp(
            "auto (TPM and this host's key, or what there is of them), tpm2, host, or host+tpm2.",
            valueName: "kind"
        )
    )
    var choice = SealingChoice.auto
    @Option(
        help: ArgumentHelp(
            "Measurements that the TPM demands, 0 to 23, for example 7+14 (default: systemd's own, 7).",
            valueName: "registers"
        )
    )
    var pcrs: String?
    @Option(help: ArgumentHelp("The TPM, as systemd-creds names it (default: the one there is).", valueName: "device"))
    var tpm2Device: String?

    func validate() throws {
        let numbers = pcrs?.split(separator: "+", omittingEmptySubsequences: false).map { UInt8($0) } ?? []
        guard numbers.allSatisfy({ $0.map { $0 < 24 } ?? false }) else {
            throw ValidationError("--pcrs are numbers from 0 to 23 with + between them.")
        }
    }

    var device: [String] { tpm2Device.map { ["--tpm2-device=\($0)"] } ?? [] }
}
