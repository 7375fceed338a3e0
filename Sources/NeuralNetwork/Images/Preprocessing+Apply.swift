import NetworkProof

extension Preprocessing {
    /// - Returns: `width` x `height` pixels.
    func apply(to image: GrayImage, width: Int, height: Int) -> GrayImage {
        var image = image
        if windowWidth > 0 {
            image = image.centreWindow(width: windowWidth, height: windowHeight, background: background)
        }
        if keepsAspect, image.width * height != image.height * width {
            let cropWidth = Swift.max(1, Swift.min(image.width, image.height * width / height))
            let cropHeight = Swift.max(1, Swift.min(image.height, image.width * height / width))
            image = image.centreWindow(width: cropWidth, height: cropHeight, background: 255)
        }
        return Resampler.resize(image, width: width, height: height)
    }
}
