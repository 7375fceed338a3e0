import CGdkPixbuf
import IntegerNetwork

/// Decodes PNG, JPEG, PNM and BMP files to grey by gdk-pixbuf, within limits.
///
/// The format is told by the first bytes and named to the library, which therefore never guesses among its other
/// loaders.
/// Dimensions are checked when the header has been read, before the library allocates the image, and so are the scans
/// of a JPEG. The orientation that EXIF data give is applied, in JPEG and PNG. Colours become grey by
/// (299 R + 587 G + 114 B + 500) / 1000, transparency is laid over white: a fingerprint that is drawn in the alpha
/// channel alone, in white ink, therefore decodes to an empty page and has to be flattened by whoever made it.
public enum ImageDecoder {
    /// Of a file.
    public static let maximumBytes = 16 << 20
    /// Greatest width or height, in pixels.
    public static let maximumSide = 8192
    /// Greatest width times height.
    public static let maximumPixels = 32_000_000

    /// - Parameter maximumPixels: the greatest area, at most ``maximumPixels``.
    public static func decode(
        _ bytes: [UInt8],
        maximumPixels: Int = maximumPixels
    ) throws(ImageError) -> GrayImage {
        guard bytes.count <= Self.maximumBytes else { throw .tooManyBytes }
        guard let format = ImageFormat(magic: bytes) else {
            throw ForeignFormat.name(of: bytes).map { .foreignFormat($0) } ?? .unknownFormat
        }
        if format == .jpeg {
            let scans = JPEGScans(bytes)
            guard scans.isBounded else { throw .tooManyScans(scans.count) }
        }
        guard let loader = gdk_pixbuf_loader_new_with_type(format.rawValue, nil) else { throw .decoderUnavailable }
        defer { g_object_unref(loader) }
        let progress = Progress(maximumPixels: Swift.min(maximumPixels, Self.maximumPixels))
        // The handlers run inside the calls below, while `progress` is alive.
        let context = Unmanaged.passUnretained(progress).toOpaque()
        Self.connect(loader, "size-prepared", unsafeBitCast(Self.sizePrepared, to: GCallback.self), context)
        Self.connect(loader, "area-updated", unsafeBitCast(Self.areaUpdated, to: GCallback.self), context)

        let written = withExtendedLifetime(progress) {
            // In pieces, so that a refused header stops the decoder early.
            var position = 0
            while position < bytes.count, !progress.isRefused {
                let count = Swift.min(65536, bytes.count - position)
                let accepted = bytes.withUnsafeBufferPointer { buffer in
                    buffer.baseAddress.map { gdk_pixbuf_loader_write(loader, $0 + position, gsize(count), nil) != 0 }
                }
                guard accepted == true else { return false }
                position += count
            }
            return true
        }
        let closed = withExtendedLifetime(progress) { gdk_pixbuf_loader_close(loader, nil) != 0 }
        if progress.isRefused { throw .invalidDimensions(width: progress.width, height: progress.height) }
        guard format.isComplete(bytes) else { throw .truncated }
        guard written else { throw .corrupt }
        // Without an error from a write, a failing close means that bytes are missing.
        guard closed, progress.isComplete || !format.reportsEveryRow else { throw .truncated }
        guard let pixbuf = gdk_pixbuf_loader_get_pixbuf(loader) else { throw .corrupt }
        if format == .png, let orientation = PNGOrientation.read(bytes) {
            gdk_pixbuf_set_option(pixbuf, "orientation", "\(orientation)")
        }
        guard let upright = gdk_pixbuf_apply_embedded_orientation(pixbuf) else { throw .corrupt }
        defer { g_object_unref(UnsafeMutableRawPointer(upright)) }
        return try Self.grey(upright)
    }

    /// Reads and decodes a file.
    public static func decode(contentsOf path: String) throws(ImageError) -> GrayImage {
        let bytes: [UInt8]
        do {
            bytes = try FileAccess.read(path, maximumBytes: Self.maximumBytes)
        } catch {
            throw ImageError(error, path: path)
        }
        return try decode(bytes)
    }

    /// Reads and decodes an open file; see ``decode(_:maximumPixels:)``.
    package static func decode(
        _ file: borrowing RegularFile,
        maximumPixels: Int = maximumPixels
    ) throws(ImageError) -> GrayImage {
        let bytes: [UInt8]
        do {
            bytes = try file.contents(maximumBytes: Self.maximumBytes)
        } catch {
            throw ImageError(error, path: file.path)
        }
        return try decode(bytes, maximumPixels: maximumPixels)
    }

    /// What the library has reported so far.
    private final class Progress {
        let maximumPixels: Int
        var width = 0
        var height = 0
        var isRefused = false
        /// Which rows have been decoded.
        var rows: [Bool] = []

        init(maximumPixels: Int) { self.maximumPixels = maximumPixels }

        var isComplete: Bool { !rows.isEmpty && !rows.contains(false) }
    }

    private static let sizePrepared:
        @convention(c) (UnsafeMutablePointer<GdkPixbufLoader>?, gint, gint, gpointer?) -> Void = {
            loader,
            width,
            height,
            context in
            guard let context else { return }
            let progress = Unmanaged<Progress>.fromOpaque(context).takeUnretainedValue()
            progress.width = Int(width)
            progress.height = Int(height)
            guard 1...ImageDecoder.maximumSide ~= progress.width, 1...ImageDecoder.maximumSide ~= progress.height,
                progress.width * progress.height <= progress.maximumPixels
            else {
                progress.isRefused = true
                // A size of zero makes every loader give up before it allocates.
                gdk_pixbuf_loader_set_size(loader, 0, 0)
                return
            }
            progress.rows = [Bool](repeating: false, count: progress.height)
        }

    private static let areaUpdated:
        @convention(c) (UnsafeMutablePointer<GdkPixbufLoader>?, gint, gint, gint, gint, gpointer?) -> Void = {
            _,
            _,
            y,
            _,
            height,
            context in
            guard let context else { return }
            let progress = Unmanaged<Progress>.fromOpaque(context).takeUnretainedValue()
            for row in Swift.max(0, Int(y))..<Swift.max(0, Int(y), Swift.min(Int(y) + Int(height), progress.rows.count))
            {
                progress.rows[row] = true
            }
        }

    private static func connect(
        _ loader: UnsafeMutablePointer<GdkPixbufLoader>,
        _ signal: String,
        _ handler: @escaping GCallback,
        _ context: UnsafeMutableRawPointer
    ) {
        g_signal_connect_data(loader, signal, handler, context, nil, GConnectFlags(rawValue: 0))
    }

    private static func grey(_ pixbuf: OpaquePointer) throws(ImageError) -> GrayImage {
        let width = Int(gdk_pixbuf_get_width(pixbuf))
        let height = Int(gdk_pixbuf_get_height(pixbuf))
        let channels = Int(gdk_pixbuf_get_n_channels(pixbuf))
        let stride = Int(gdk_pixbuf_get_rowstride(pixbuf))
        guard width > 0, height > 0, channels == 3 || channels == 4, gdk_pixbuf_get_bits_per_sample(pixbuf) == 8,
            stride >= width * channels, let samples = gdk_pixbuf_read_pixels(pixbuf)
        else { throw .corrupt }
        let pixels = [UInt8](unsafeUninitializedCapacity: width * height) { buffer, count in
            for y in 0..<height {
                var sample = samples + y * stride
                for x in 0..<width {
                    let luma = (299 * Int(sample[0]) + 587 * Int(sample[1]) + 114 * Int(sample[2]) + 500) / 1000
                    let alpha = channels == 4 ? Int(sample[3]) : 255
                    buffer[y * width + x] = UInt8(truncatingIfNeeded: (luma * alpha + 255 * (255 - alpha) + 127) / 255)
                    sample += channels
                }
            }
            count = width * height
        }
        return GrayImage(unchecked: pixels, width: width, height: height)
    }
}
