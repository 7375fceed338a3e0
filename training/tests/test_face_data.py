"""Crops, their division into people, composites, augmentation."""

import io
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image

from face import composite
from face.augmentation import _poses, augment
from face.composite import make_composite
from face.crops import SIDE, divide, load_crops, load_pairs


@pytest.fixture(scope="module")
def images():
    """Smooth images, so that interpolation changes them little."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(40, 216, (6, 8, 8)).astype(np.uint8)
    return np.stack([np.asarray(Image.fromarray(c).resize((SIDE, SIDE), Image.BILINEAR)) for c in coarse])


@pytest.fixture(scope="module")
def archive(images, tmp_path_factory):
    path = tmp_path_factory.mktemp("crops") / "crops.tar"
    names = ["Zoe_Z/Zoe_Z_0001", "Al_B/Al_B_0010", "Al_B/Al_B_0002", "C/C_0001", "C/C_0002", "C/C_0003"]
    with tarfile.open(path, "w") as tar:
        for name, image in zip(names, images):
            data = io.BytesIO()
            Image.fromarray(image).save(data, "PNG")
            member = tarfile.TarInfo(f"set/{name}.png")
            member.size = data.tell()
            data.seek(0)
            tar.addfile(member, data)
        tar.addfile(tarfile.TarInfo("set/readme.txt"))
    return path


def test_crops_are_read_in_the_order_of_names_and_numbers(archive, images):
    crops = load_crops(archive)
    assert crops.people == ["Al_B", "C", "Zoe_Z"]
    assert crops.owners.tolist() == [0, 0, 1, 1, 1, 2] and crops.numbers.tolist() == [2, 10, 1, 2, 3, 1]
    assert np.array_equal(crops.images, images[[2, 1, 3, 4, 5, 0]])
    assert crops.of(np.array([0, 2])).tolist() == [0, 1, 5]


def test_pairs_are_read_as_lfw_writes_them(archive, tmp_path):
    listed = tmp_path / "pairs.txt"
    listed.write_text("Al_B\t2\t10\nC\t3\tZoe_Z\t1\n\n")
    pairs, same = load_pairs(listed, load_crops(archive))
    assert pairs.tolist() == [[0, 1], [4, 5]] and same.tolist() == [True, False]
    listed.write_text("Al_B 2\n")
    with pytest.raises(ValueError):
        load_pairs(listed, load_crops(archive))


def test_nobody_is_in_two_parts():
    division = divide(4566)
    parts = [set(part.tolist()) for part in (division.training, division.validation, division.test)]
    assert [len(part) for part in parts] == [3379, 274, 913]
    assert len(set.union(*parts)) == 4566
    again = divide(4566)
    assert np.array_equal(division.test, again.test) and np.array_equal(division.training, again.training)


def test_composites_are_of_two_people_and_repeatable(images):
    owners = np.array([0, 0, 0, 0, 0, 1])
    one = make_composite(images, owners, 3)
    assert one.shape == (SIDE, SIDE) and one.dtype == np.uint8
    assert np.array_equal(one, make_composite(images, owners, 3))
    assert not np.array_equal(one, make_composite(images, owners, 4))


def test_composites_draw_from_what_they_are_given_alone(images, monkeypatch):
    """Without the bend, and with each mask at its ends, a composite is one of the faces or its mirror image."""
    monkeypatch.setattr(composite, "bend", lambda image, rng: image)
    monkeypatch.setattr(composite, "mask", lambda rng: np.ones((SIDE, SIDE), np.float32))
    owners = np.arange(6)
    candidates = np.concatenate([images, images[:, :, ::-1]]).astype(int)
    for index in range(12):
        made = make_composite(images, owners, index).astype(int)
        assert np.abs(candidates - made).max(axis=(1, 2)).min() == 0


def test_bending_moves_by_pixels_and_keeps_a_constant():
    rng = np.random.default_rng(4)
    assert np.allclose(composite.bend(np.full((SIDE, SIDE), 77.0), rng), 77)
    ramp = np.tile(np.arange(SIDE, dtype=np.float64), (SIDE, 1))
    moved = composite.bend(ramp, rng) - ramp
    assert 0.2 < np.abs(moved[20:-20, 20:-20]).mean() < 8
    assert np.abs(np.diff(moved[20:-20, 20:-20], axis=0)).max() < 0.5


def test_masks_are_shares():
    rng = np.random.default_rng(5)
    masks = np.stack([composite.mask(rng) for _ in range(60)])
    assert masks.min() >= 0 and masks.max() <= 1
    kinds = [m.std() < 1e-6 for m in masks]
    assert any(kinds) and not all(kinds)


def test_augmentation_is_repeatable_bounded_and_mild(images):
    mirrored = np.zeros(len(images), bool)
    first = augment(images, mirrored, np.random.default_rng(6))
    assert torch.equal(first, augment(images, mirrored, np.random.default_rng(6)))
    assert first.shape == (len(images), 1, SIDE, SIDE) and first.dtype == torch.float32
    assert first.min() >= -128 and first.max() <= 127
    correlations = [
        np.corrcoef(augment(images, mirrored, np.random.default_rng(seed))[i, 0].ravel(), images[i].ravel())[0, 1]
        for seed in range(8)
        for i in range(len(images))
    ]
    assert np.median(correlations) > 0.7 and np.median(correlations) < 0.999


def test_mirroring_mirrors_what_the_pose_gives():
    plain = _poses(np.random.default_rng(7), 5, np.zeros(5, bool))
    mirrored = _poses(np.random.default_rng(7), 5, np.ones(5, bool))
    point, opposite = np.array([0.3, -0.6, 1]), np.array([-0.3, -0.6, 1])
    assert np.allclose(plain @ point, mirrored @ opposite, atol=1e-6)
    assert np.abs(plain @ point - point[:2]).max() < 0.4 and np.abs(mirrored @ point - opposite[:2]).max() < 0.4
