import Foundation

/// JPEG files made by Pillow. The grey ones show 24 x 16 pixels: columns 0 to 7 black above and 120 below, then 120,
/// then 240 from column 16 on.
enum JPEGFixtures {
    /// Baseline.
    static let gray = bytes(
        """
        /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoK\
        BggLDAsKDAkKCgr/wAALCAAQABgBAREA/8QAFgABAQEAAAAAAAAAAAAAAAAACQAK/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQAA\
        PwDP+eA8AH0eB//Z
        """
    )

    /// The same with EXIF orientation 6: to be turned clockwise.
    static let rotated = bytes(
        """
        /9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDAAIBAQEBAQIBAQECAgICAgQD\
        AgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/wAALCAAQABgBAREA/8QAFgABAQEAAAAAAAAAAAAA\
        AAAACQAK/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQAAPwDP+eA8AH0eB//Z
        """
    )

    /// 16 x 16, red 200, green 50, blue 100.
    static let colour = bytes(
        """
        /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoK\
        BggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK\
        Cgr/wAARCAAQABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAf/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAA\
        AAAAAAAAAAAAAAn/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCJgCjj/9k=
        """
    )

    /// The grey picture in several scans.
    static let progressive = bytes(
        """
        /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoK\
        BggLDAsKDAkKCgr/wgALCAAQABgBAREA/8QAFgABAQEAAAAAAAAAAAAAAAAACAAJ/9oACAEBAAAAAc/3g8AfPD//xAAUEAEAAAAAAAAA\
        AAAAAAAAAAAg/9oACAEBAAEFAl//xAAUEAEAAAAAAAAAAAAAAAAAAAAg/9oACAEBAAY/Al//xAAUEAEAAAAAAAAAAAAAAAAAAAAg/9oA\
        CAEBAAE/IV//2gAIAQEAAAAQA//EABQQAQAAAAAAAAAAAAAAAAAAACD/2gAIAQEAAT8QX//Z
        """
    )

    private static func bytes(_ base64: String) -> [UInt8] {
        Data(base64Encoded: base64).map { [UInt8]($0) } ?? []
    }
}
