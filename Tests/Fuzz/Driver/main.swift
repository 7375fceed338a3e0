// semblance-fuzz TARGET [libFuzzer's options and folders]: feeds one decoder with what libFuzzer makes up. Built and run by
// scripts/fuzz.sh, with our own modules instrumented for coverage; no release holds it.

import CLibFuzzer
import Glibc

guard CommandLine.argc > 1, let target = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
    print(FuzzTarget.allCases.map(\.rawValue).joined(separator: "\n"))
    exit(64)
}
FuzzTarget.chosen = target

// libFuzzer starts itself anew by its first argument, and takes what follows as its own.
var count = CommandLine.argc - 1
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, count in
        FuzzTarget.chosen.feed(Array(UnsafeBufferPointer(start: data, count: count)))
        return 0
    }
)
