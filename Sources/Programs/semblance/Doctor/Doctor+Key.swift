import Foundation

#if canImport(Glibc)
    import Glibc
#endif

extension Doctor {
    /// How the vault's key is kept; nil where only root may see it, or there is none to keep yet.
    func checkVaultKey() -> Finding? {
        guard geteuid() == 0, let place = try? VaultKeyPlace(), !place.isBare else { return nil }
        let isSealable = !place.isLoaded && place.isFileThere && VaultKeyStore.canSeal
        return Finding(
            "vault key",
            ok: place.isThere,
            place.words,
            hint: place.hint ?? (isSealable ? "semblance key seal binds it to this machine" : nil)
        )
    }
}
