import Devices
import Encoding

/// The fingerprint readers of this machine, as `semblance-sensor` lists them for its own user: libfprint's drivers read what a plugged-in
/// device says, and are in no process of root's, and in none of this program's.
enum MachineReaders {
    /// Longer than the sensor waits for USB. A listing is of at most 16 readers.
    private static let limits = ProgramRun.Limits(time: .seconds(15), byteCount: 1 << 17)

    /// None where the sensor is not installed.
    static func listing() throws(CommandFailure) -> ReaderListing {
        let program = DaemonProgram.sensor
        guard let command = try program.command(["--list-readers", "--json"]) else {
            return ReaderListing(entries: [], fault: nil)
        }
        let output = try ProgramRun.run(command, keepsErrors: false, limits: limits)
        guard output.status == 0, let json = try? JSON(parsing: output.text.utf8),
            let listing = ReaderListing(json: json)
        else {
            throw CommandFailure(
                .unavailable,
                "\(program.name) gave no list of fingerprint readers that makes sense",
                hint: "can \(program.account) run it, and is it of the same version? its --version says"
            )
        }
        return listing
    }
}
