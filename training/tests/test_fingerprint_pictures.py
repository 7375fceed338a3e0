"""Pictures of captures, folders of people, and what the program's answers become."""

import io
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image

from common import integer
from common.export import to_onnx
from common.network import DIMENSION, Network
from fingerprint import population
from fingerprint.geometry import CROP_SIZE, FRAME_HEIGHT, FRAME_WIDTH
from fingerprint.model import EMBEDDER
from fingerprint.pictures import framed, fvc2004, halved, load, people, picture, socofing
from fingerprint.release import Release, agreement, person

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def captured():
    """Three fingers twice: grey levels and presence, (3, 2, rows, columns)."""
    images, present = population.captures(5, 3, 2, CPU)
    assert not present.all() and present.flatten(2).any(dim=2).all()
    return images, present


@pytest.fixture
def folder(tmp_path, captured, monkeypatch):
    monkeypatch.setattr("fingerprint.pictures.captures", lambda *_: captured)
    return tmp_path / "people"


def test_halving_gives_a_capture_back(captured):
    for image, present in zip(*(part.flatten(0, 1).numpy() for part in captured)):
        enlarged = picture(image, present)
        assert enlarged.dtype == np.uint8 and enlarged.shape[0] % 4 == 0 and enlarged.shape[1] % 4 == 0
        assert enlarged.shape[0] <= 2 * FRAME_HEIGHT and enlarged.shape[1] <= 2 * FRAME_WIDTH
        frame, where = framed(enlarged)
        assert np.array_equal(where, present) and not frame[~present].any()
        assert np.abs(frame - image)[present].mean() < 0.7


def test_pictures_are_smooth(captured):
    """Steps within a sample of the capture are not much smaller than those between two; plain doubling has none."""
    enlarged = picture(captured[0][0, 0].numpy(), captured[1][0, 0].numpy()).astype(float)
    steps = np.abs(np.diff(enlarged, axis=1))
    assert steps[:, ::2].mean() > 0.5 * steps[:, 1::2].mean()


def test_halving_averages():
    assert np.array_equal(halved(np.array([[1, 2, 0, 0], [3, 4, 0, 6]], np.uint8)), [[2.5, 1.5]])


def test_normalised_frames_of_pictures_are_those_of_captures(captured, folder):
    images, present = load(people(folder, 5, 3, 2))
    assert images.shape == captured[0].shape and torch.equal(present, captured[1])
    again, direct = (population.frames(*part).float() for part in ((images, present), captured))
    assert (again - direct).abs()[present].mean() < 2


def test_people_are_folders_made_once(folder):
    paths = people(folder, 5, 3, 2, ("a", "b", "c"), first=1)
    assert [str(path.relative_to(folder)) for path in paths[1]] == ["b/1.png", "b/2.png"]
    assert sorted(folder.rglob("*.png")) == sorted(path for finger in paths for path in finger)
    paths[0][0].write_bytes(b"")
    assert people(folder, 5, 3, 2, ("a", "b", "c"), first=1) == paths and not paths[0][0].read_bytes()
    # Numbers sort as names do.
    assert people(folder.with_name("others"), 5, 3, 2)[2][1].relative_to(folder.parent).parts[1:] == ("0002", "1.png")


def test_populations_are_disjoint():
    names = ("TRAINING", "VALIDATION", "THRESHOLDS", "TEST", "FIXTURES", "CALIBRATION")
    assert len({getattr(population, name) for name in names}) == len(names)


def test_fvc_is_framed_whole(tmp_path):
    paths = fvc2004(tmp_path)
    assert len(paths) == 10 and paths[9][7].name == "110_8.png"
    Image.fromarray(np.full((384, 288), 90, np.uint8)).save(paths[0][0])
    images, present = load([paths[0][:1]])
    assert present[0, 0].any(dim=0).sum() == 144 and (images[present] == 90).all() and not images[~present].any()


def test_real_fingers_lose_their_border_and_get_their_size_back(tmp_path):
    pixels = np.full((103, 96), 90, np.uint8)
    pixels[:2], pixels[98:], pixels[:, :2], pixels[:, 92:] = 160, 0, 160, 0
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "png")
    with tarfile.open(tmp_path / "archive.tar", "w") as tar:
        for name in ("real/31__M_Left_thumb_finger.png", "real/LICENCE.txt"):
            member = tarfile.TarInfo(name)
            member.size = len(data.getvalue())
            tar.addfile(member, io.BytesIO(data.getvalue()))
    ((path,),) = socofing(tmp_path / "archive.tar", tmp_path / "skin")
    with Image.open(path) as image:
        assert image.size == (244, 280) and image.getextrema() == (90, 90)
    assert person(path) == 31
    assert socofing(tmp_path / "gone.tar", tmp_path / "skin") == [[path]]


def test_refused_pictures_have_no_embedding(tmp_path, monkeypatch):
    """Of four pictures the sensor refuses the second, and the last one's embedding is too small."""
    values = {"00000": 3, "00002": -5, "00003": 1}

    def program(_, command, *arguments):
        if command == "align":
            out = arguments[arguments.index("--output") + 1]
            images = arguments[arguments.index(out) + 1 :]
            for name in values:
                Image.fromarray(np.zeros((CROP_SIZE, CROP_SIZE), np.uint8)).save(out / f"{name}.pgm")
            report = [{"path": str(path)} for path in images]
            report[1]["advice"] = "too small: 3, need 5"
            return report
        return {"embeddings": [{"values": DIMENSION * [values[path.stem]]} for path in arguments[2:]]}

    monkeypatch.setattr(integer, "model", program)
    paths = [[tmp_path / f"{finger}-{number}.png" for number in range(2)] for finger in range(2)]
    release = Release(None, tmp_path / "program", tmp_path / "cache", tmp_path / "output")
    embeddings, failures = release.embed(tmp_path / "model", paths, tmp_path / "crops", 2 * DIMENSION)
    assert embeddings.shape == (2, 2, DIMENSION) and embeddings[..., 0].tolist() == [[3, 0], [-5, 0]]
    refused = {"refused by the sensor": 1, "advice": {"too small": 1}, "embedding too small": 1}
    assert failures == {"pictures": 4} | refused
    # Only what has both embeddings is compared.
    assert agreement(np.where(embeddings == 0, 1, embeddings), embeddings)["least"] == pytest.approx(1)


def test_wrong_graphs_are_noticed():
    check = pytest.importorskip("common.runtime").check
    torch.manual_seed(4)
    network, other = Network(EMBEDDER).eval(), Network(EMBEDDER).eval()
    pixels = torch.randint(-128, 128, (2, 1, CROP_SIZE, CROP_SIZE)).float()
    check(network, to_onnx(network, "test").SerializeToString(), pixels)
    with pytest.raises(ValueError):
        check(other, to_onnx(network, "test").SerializeToString(), pixels)
