/// The usual 112 x 112 crop of a face ("five-point template"), which face networks are trained on.
public enum FaceTemplate {
    public static let side = 112
    /// Where the eyes come to stand, that on the left of the picture first.
    public static let leftEye = (x: 38.29, y: 51.70)
    public static let rightEye = (x: 73.53, y: 51.50)
    /// The point that small turns and shifts are measured about.
    static let centre = (x: 56.0, y: 64.0)
    /// Side and centre of the detector's box, in the template: medians over Labeled Faces in the Wild.
    static let box = (side: 96.0, x: 56.0, y: 62.0)
    /// The distance of the eyes.
    static let eyeDistance = 35.24
}
