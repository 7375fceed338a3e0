/// Reads the elements of a small XML file: names, text and children. Attributes, comments and declarations are skipped;
/// entities, character data sections and document types, which cascades do not use, are refused.
struct MarkupReader {
    struct Element {
        var name: String
        var text = ""
        var children: [Element] = []

        /// The first child of that name.
        subscript(_ name: String) -> Element? { children.first { $0.name == name } }

        /// The text's words as numbers; nil if one is none.
        var numbers: [Double]? {
            var numbers: [Double] = []
            for word in text.split(whereSeparator: \.isWhitespace) {
                guard let number = Double(word), number.isFinite else { return nil }
                numbers.append(number)
            }
            return numbers
        }

        /// The text as one whole number.
        var integer: Int? {
            guard let numbers, numbers.count == 1 else { return nil }
            return Int(exactly: numbers[0])
        }
    }

    static let maximumDepth = 32

    /// The root element; nil where the bytes are not well formed in this sense.
    static func read(_ bytes: [UInt8]) -> Element? {
        var reader = MarkupReader(bytes: bytes)
        return reader.document()
    }

    private let bytes: [UInt8]
    private var position = 0

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func document() -> Element? {
        var open: [Element] = []
        var root: Element?
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "<") else {
                let text = upTo(UInt8(ascii: "<"))
                guard !text.contains(UInt8(ascii: "&")) else { return nil }
                if open.isEmpty {
                    guard text.allSatisfy({ $0 <= 0x20 }) else { return nil }
                } else {
                    open[open.count - 1].text += String(decoding: text, as: UTF8.self)
                }
                continue
            }
            if starts("<!--") {
                guard skip(past: "-->") else { return nil }
            } else if starts("<?") {
                guard skip(past: "?>") else { return nil }
            } else if starts("</") {
                position += 2
                let name = String(decoding: upTo(UInt8(ascii: ">")), as: UTF8.self)
                guard position < bytes.count else { return nil }
                position += 1
                guard let element = open.popLast(), element.name == name.filter({ !$0.isWhitespace }) else {
                    return nil
                }
                if open.isEmpty {
                    root = element
                } else {
                    open[open.count - 1].children.append(element)
                }
            } else {
                position += 1
                let tag = upTo(UInt8(ascii: ">"))
                guard position < bytes.count, root == nil, open.count < Self.maximumDepth else { return nil }
                position += 1
                let name = tag.prefix { $0 > 0x20 && $0 != UInt8(ascii: "/") }
                guard let first = name.first, first != UInt8(ascii: "!"), tag.last != UInt8(ascii: "/") else {
                    return nil
                }
                open.append(Element(name: String(decoding: name, as: UTF8.self)))
            }
        }
        return open.isEmpty ? root : nil
    }

    private func starts(_ prefix: StaticString) -> Bool {
        bytes[position...].starts(with: UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
    }

    /// Up to the next such byte or the end; moves there.
    private mutating func upTo(_ end: UInt8) -> ArraySlice<UInt8> {
        let start = position
        while position < bytes.count, bytes[position] != end { position += 1 }
        return bytes[start..<position]
    }

    private mutating func skip(past end: StaticString) -> Bool {
        while position < bytes.count {
            if starts(end) {
                position += end.utf8CodeUnitCount
                return true
            }
            position += 1
        }
        return false
    }
}
