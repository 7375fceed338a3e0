import Models
import NetworkProof
import Statement

extension NetworkContext {
    package init(
        _ challenge: SignedChallenge,
        sample: Int,
        _ attestation: SensorAttestation?,
        _ model: PublishedModel,
        start: Int
    ) {
        self.init(
            challenge: challenge.bytes,
            attestation: attestation?.encode() ?? [],
            model: model.identity,
            sample: sample,
            start: start
        )
    }
}
