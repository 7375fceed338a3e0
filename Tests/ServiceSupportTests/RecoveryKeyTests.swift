import ServiceSupport
import Sodium
import Testing

@Suite("recovery keys")
struct RecoveryKeyTests {
    /// SHA-256 of "semblance", and its modhex by Python.
    private let bytes = Hash.sha256(Array("semblance".utf8))
    private let text = "gkrbuvlb-uuhdvhgf-vkubuhnd-rbeiuker-ienutgug-hbgjkjte-tuifkhgd-bdtrnrkn"

    private func bytes(_ key: SecretBytes?) -> [UInt8]? { key?.withUnsafeBytes { Array($0) } }

    @Test("written as another program writes it, and read back however it is typed")
    func vector() {
        #expect(String(decoding: RecoveryKey.text(of: SecretBytes(copying: bytes)), as: UTF8.self) == text)
        for typed in [text, text.uppercased(), text.filter { $0 != "-" }, " \(text.replacing("-", with: " "))\r\n"] {
            #expect(bytes(RecoveryKey.key(of: typed.utf8)) == bytes, "\(typed)")
        }
    }

    @Test("what is none: another letter, a letter too few or too many, nothing")
    func none() {
        for typed in ["", "-", "a" + text.dropFirst(), String(text.dropLast()), text + "c", text + "cc", "é" + text] {
            #expect(RecoveryKey.key(of: typed.utf8) == nil, "\(typed)")
        }
    }
}
