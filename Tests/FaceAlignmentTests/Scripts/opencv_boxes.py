#!/usr/bin/env python3
"""Writes Vectors/opencv-boxes.json: what OpenCV's own detector sees on the first picture of each ORL subject.

Needs opencv-python-headless 4.x, and the pictures: opencv_boxes.py FOLDER, where FOLDER/s1/1.pgm is one.
"""

import json
import sys
from pathlib import Path

import cv2

CASCADE = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml"


def main():
    folder = Path(sys.argv[1])
    cascade = cv2.CascadeClassifier(CASCADE)
    boxes = []
    for subject in range(1, 21):
        picture = cv2.imread(str(folder / f"s{subject}" / "1.pgm"), cv2.IMREAD_GRAYSCALE)
        # As FaceDetector does: a margin of a fifth of the shorter side, the least face an eighth of it.
        margin = round(0.2 * min(picture.shape))
        wide = cv2.copyMakeBorder(picture, *[margin] * 4, cv2.BORDER_REPLICATE)
        faces = cascade.detectMultiScale(wide, 1.1, 3, 0, (20, 20))
        x, y, side, _ = max(faces, key=lambda face: face[2])
        boxes.append([int(x) - margin, int(y) - margin, int(side)])
    output = Path(__file__).resolve().parent.parent / "Vectors" / "opencv-boxes.json"
    output.write_text(json.dumps(boxes) + "\n")


main()
