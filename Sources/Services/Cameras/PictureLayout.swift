import Imaging

/// How frames lie in memory, once the driver's word was found possible; reads grey pictures from them.
package struct PictureLayout: Equatable, Sendable {
    package let format: PictureFormat
    package let width: Int
    package let height: Int
    let rowBytes: Int
    let isFullRange: Bool

    /// - Returns: nil where the driver's answer is no frame that we read.
    package init?(_ answer: VideoLayout) {
        guard let format = PictureFormat(code: answer.code), 1...CaptureMode.maximumSide ~= answer.width,
            1...CaptureMode.maximumSide ~= answer.height, answer.width * answer.height <= CaptureMode.maximumArea
        else { return nil }
        let row = (format.bytesPerPixel ?? 0) * answer.width
        // Some drivers leave the stride out; one of many rows is a mistake or an attack.
        let stride = answer.stride == 0 ? row : answer.stride
        guard format == .mjpeg || (row...4 * row + 4096).contains(stride) else { return nil }
        self.format = format
        width = answer.width
        height = answer.height
        rowBytes = stride
        isFullRange = answer.isFullRange
    }

    /// What a frame is, before it is looked at.
    package enum Fault: Error, Equatable {
        /// Shorter than its format says, or no picture of that size: frames get lost on the way.
        case damaged
        /// Every second byte is next to nothing: two bytes a sample, where the driver says one.
        case tenBitsAsEight
    }

    /// A frame in grey, and what its colours say.
    package struct Picture {
        package let image: GrayImage
        /// Whether it is green all over, as YUV memory is that nothing was written to.
        package let isGreen: Bool
    }

    /// - Parameters:
    ///   - bytes: what the driver says it has filled, and no more than the buffer has.
    ///   - depth: greatest sample of the stream so far, by which 16-bit words are scaled; raised by this frame's.
    package func picture(_ bytes: UnsafeRawBufferPointer, depth: inout UInt16) throws(Fault) -> Picture {
        guard format != .mjpeg else { return Picture(image: try decoded(bytes), isGreen: false) }
        let row = (format.bytesPerPixel ?? 0) * width
        guard bytes.count >= rowBytes * (height - 1) + row else { throw .damaged }
        switch format {
        case .grey:
            let pixels = samples(bytes, step: 1)
            guard !Self.areWords(pixels) else { throw .tenBitsAsEight }
            return Picture(image: try image(pixels), isGreen: false)
        case .nv12:
            // The plane of colours follows that of luma, at half its height.
            let colours = bytes.dropFirst(rowBytes * height).prefix(rowBytes * (height / 2))
            return Picture(image: try image(samples(bytes, step: 1)), isGreen: Self.isGreen(colours, step: 1))
        case .yuyv:
            let colours = bytes.prefix(rowBytes * height).dropFirst()
            return Picture(image: try image(samples(bytes, step: 2)), isGreen: Self.isGreen(colours, step: 2))
        case .y10, .y16:
            return Picture(image: try image(words(bytes, depth: &depth)), isGreen: false)
        case .mjpeg: throw .damaged
        }
    }

    private func image(_ pixels: [UInt8]) throws(Fault) -> GrayImage {
        guard let image = GrayImage(width: width, height: height, pixels: pixels) else { throw .damaged }
        return image
    }

    /// Cameras leave the Huffman tables out and fill the buffer with zeros; the decoder knows both.
    private func decoded(_ bytes: UnsafeRawBufferPointer) throws(Fault) -> GrayImage {
        do {
            let image = try ImageDecoder.decode(Array(bytes), maximumPixels: CaptureMode.maximumArea)
            guard image.width == width, image.height == height else { throw Fault.damaged }
            return image
        } catch {
            throw .damaged
        }
    }

    private static let stretched = (0...255).map { (sample: Int) -> UInt8 in
        UInt8(min(max((sample - 16) * 255 / 219, 0), 255))
    }

    /// One byte of every `step`, stretched to all of 0...255 where the driver uses less.
    private func samples(_ bytes: UnsafeRawBufferPointer, step: Int) -> [UInt8] {
        let table = isFullRange ? Array(0...255) : Self.stretched
        return [UInt8](unsafeUninitializedCapacity: width * height) { pixels, count in
            for y in 0..<height {
                let start = y * rowBytes
                for x in 0..<width { pixels[y * width + x] = table[Int(bytes[start + x * step])] }
            }
            count = width * height
        }
    }

    /// Little-endian words. How many of their bits are used, no driver says: 10, 12, 14 and 16 are all called Y16, and some
    /// drivers shift Y10 to the left.
    private func words(_ bytes: UnsafeRawBufferPointer, depth: inout UInt16) -> [UInt8] {
        func word(_ index: Int) -> UInt16 { UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8 }
        var greatest = depth
        for y in 0..<height {
            for x in 0..<width { greatest = max(greatest, word(y * rowBytes + 2 * x)) }
        }
        depth = greatest
        let bits = [10, 12, 14].first { Int(greatest) < 1 << $0 } ?? 16
        return [UInt8](unsafeUninitializedCapacity: width * height) { pixels, count in
            for y in 0..<height {
                for x in 0..<width {
                    pixels[y * width + x] = UInt8(truncatingIfNeeded: word(y * rowBytes + 2 * x) >> (bits - 8))
                }
            }
            count = width * height
        }
    }

    /// Whether bytes are the halves of words of 10 bits: the high ones below 4, the low ones anything.
    private static func areWords(_ pixels: [UInt8]) -> Bool {
        var (high, low, lowGreatest) = (UInt8(0), UInt8(255), UInt8(0))
        for index in stride(from: 0, to: pixels.count - 1, by: 2) {
            low = min(low, pixels[index])
            lowGreatest = max(lowGreatest, pixels[index])
            high = max(high, pixels[index + 1])
            guard high < 4 else { return false }
        }
        return high > 0 && lowGreatest - low > 128
    }

    /// Colours of zero are green; grey is 128.
    private static func isGreen(_ colours: Slice<UnsafeRawBufferPointer>, step: Int) -> Bool {
        var (sum, count) = (0, 0)
        for index in stride(from: colours.startIndex, to: colours.endIndex, by: 31 * step) {
            sum += Int(colours[index])
            count += 1
        }
        return count > 0 && sum < 24 * count
    }
}
