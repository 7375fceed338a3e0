import CV4L2

/// The pixel formats that frames are read in.
package enum PictureFormat: CaseIterable, Sendable {
    case yuyv
    case nv12
    case mjpeg
    case grey
    case y10
    case y16

    /// FourCCs.
    package var codes: [UInt32] {
        switch self {
        case .yuyv: [semblance_video_yuyv]
        case .nv12: [semblance_video_nv12]
        case .mjpeg: [semblance_video_mjpeg, semblance_video_jpeg]
        case .grey: [semblance_video_grey]
        case .y10: [semblance_video_y10]
        case .y16: [semblance_video_y16]
        }
    }

    package init?(code: UInt32) {
        guard let format = Self.allCases.first(where: { $0.codes.contains(code) }) else { return nil }
        self = format
    }

    /// For people.
    package var name: String {
        switch self {
        case .yuyv: "YUYV"
        case .nv12: "NV12"
        case .mjpeg: "MJPEG"
        case .grey: "GREY"
        case .y10: "Y10"
        case .y16: "Y16"
        }
    }

    /// Whether there is no colour in it. A node that has nothing else is an infrared one: no camera for people gives grey
    /// pictures of visible light.
    package var isGrey: Bool { [.grey, .y10, .y16].contains(self) }

    /// Bytes of a pixel's sample and what comes with it in its row; nil where rows are compressed.
    var bytesPerPixel: Int? {
        switch self {
        case .mjpeg: nil
        case .nv12, .grey: 1
        case .yuyv, .y10, .y16: 2
        }
    }
}

/// Which of a device's sensors is looked through.
public enum CameraKind: String, CaseIterable, Sendable {
    /// The infrared one where there is one.
    case auto
    case infrared
    case colour

    /// The formats that are taken, the best first: uncompressed ones cost less and show more.
    package var formats: [PictureFormat] {
        switch self {
        case .infrared: [.grey, .y16, .y10]
        case .colour: [.yuyv, .nv12, .mjpeg]
        case .auto: [.yuyv, .nv12, .mjpeg, .grey, .y16, .y10]
        }
    }
}
