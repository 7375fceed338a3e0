/// Two texts' differences as `diff -u` shows them.
public enum UnifiedDiff {
    private static let context = 3

    private struct Line {
        let mark: Character
        let text: Substring
    }

    /// Empty where there is no difference.
    public static func lines(_ before: String, _ after: String, path: String) -> [String] {
        let all = merged(lines(before), lines(after))
        let changed = all.indices.filter { all[$0].mark != " " }
        guard !changed.isEmpty else { return [] }
        var output = ["--- \(path)", "+++ \(path)"]
        var rest = changed[...]
        while let first = rest.first {
            var last = first
            while let next = rest.first, next <= last + 2 * context + 1 {
                last = next
                rest.removeFirst()
            }
            output += hunk(all, max(0, first - context)...min(all.count - 1, last + context))
        }
        return output
    }

    private static func lines(_ text: String) -> [Substring] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.last == "" ? lines.dropLast() : lines
    }

    /// Every line of either, those of before first where they differ.
    private static func merged(_ before: [Substring], _ after: [Substring]) -> [Line] {
        let difference = after.difference(from: before)
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var all: [Line] = []
        var (old, new) = (0, 0)
        while old < before.count || new < after.count {
            if removed.contains(old) {
                all.append(Line(mark: "-", text: before[old]))
                old += 1
            } else if inserted.contains(new) {
                all.append(Line(mark: "+", text: after[new]))
                new += 1
            } else {
                all.append(Line(mark: " ", text: before[old]))
                old += 1
                new += 1
            }
        }
        return all
    }

    private static func hunk(_ all: [Line], _ range: ClosedRange<Int>) -> [String] {
        func header(_ other: Character) -> String {
            let before = all[..<range.lowerBound].count { $0.mark != other }
            let count = all[range].count { $0.mark != other }
            return "\(count == 0 ? before : before + 1),\(count)"
        }
        return ["@@ -\(header("+")) +\(header("-")) @@"] + all[range].map { "\($0.mark)\($0.text)" }
    }
}
