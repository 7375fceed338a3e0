"""Crops, their division into people, composites, augmentation."""

import io
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image

from face import composite
from face.augmentation import augment, poses
from face.composite import BEND_GRID, Composer, bend, masks
from face.crops import SIDE, divide, load_crops, load_pairs
from face.draws import draws_at

CPU = torch.device("cpu")


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
    owners = torch.tensor([0, 0, 1, 1, 1, 2])
    composer = Composer(torch.from_numpy(images), owners)
    first, second = composer.pairs(400, draws_at(CPU, 2, 1))
    assert not (owners[first] == owners[second]).any()
    assert set(zip(first.tolist(), second.tolist())) == {(i, j) for i in range(6) for j in range(6) if owners[i] != owners[j]}
    one = composer.make(4, draws_at(CPU, 2, 3))
    assert one.shape == (4, SIDE, SIDE) and one.dtype == torch.uint8
    assert torch.equal(one, composer.make(4, draws_at(CPU, 2, 3))) and not torch.equal(one, composer.make(4, draws_at(CPU, 2, 4)))


def test_composites_draw_from_what_they_are_given_alone(images, monkeypatch):
    """Without the bend, and with each mask at its end, a composite is one of the faces or its mirror image."""
    monkeypatch.setattr(composite, "bend", lambda faces, upsampling, draws: faces)
    monkeypatch.setattr(composite, "masks", lambda count, draws: torch.ones(count, 1, 1, 1))
    candidates = np.concatenate([images, images[:, :, ::-1]]).astype(int)
    for made in Composer(torch.from_numpy(images), torch.arange(6)).make(12, draws_at(CPU, 2, 6)).numpy().astype(int):
        assert np.abs(candidates - made).max(axis=(1, 2)).min() == 0


def test_bending_moves_by_pixels_and_keeps_a_constant(images):
    upsampling = Composer(torch.from_numpy(images), torch.arange(6)).upsampling
    assert upsampling.shape == (SIDE, BEND_GRID)
    level = torch.full((1, 1, SIDE, SIDE), 77.0)
    assert torch.allclose(bend(level, upsampling, draws_at(CPU, 2, 4)), level, atol=1e-3)
    ramp = torch.arange(SIDE, dtype=torch.float32).expand(1, 1, SIDE, SIDE)
    moved = (bend(ramp, upsampling, draws_at(CPU, 2, 4)) - ramp)[0, 0, 20:-20, 20:-20].numpy()
    assert 0.2 < np.abs(moved).mean() < 8
    assert np.abs(np.diff(moved, axis=0)).max() < 0.5


def test_masks_are_shares():
    shares = masks(60, draws_at(CPU, 2, 5))
    assert shares.min() >= 0 and shares.max() <= 1
    flat = shares.flatten(1).std(dim=1) < 1e-6
    assert flat.any() and not flat.all()


def test_augmentation_is_repeatable_bounded_and_mild(images):
    faces = torch.from_numpy(images)
    first = augment(faces, draws_at(CPU, 3, 6))
    assert torch.equal(first, augment(faces, draws_at(CPU, 3, 6)))
    assert first.shape == (len(images), 1, SIDE, SIDE) and first.min() >= -128 and first.max() <= 127
    changed = [augment(faces, draws_at(CPU, 3, seed))[:, 0].numpy() for seed in range(8)]
    likeness = [
        max(np.corrcoef(made.ravel(), own.ravel())[0, 1] for own in (image, image[:, ::-1]))
        for batch in changed
        for made, image in zip(batch, images)
    ]
    assert 0.7 < np.median(likeness) < 0.999


def test_mirroring_mirrors_what_the_pose_gives():
    plain = poses(draws_at(CPU, 3, 7), torch.zeros(5, dtype=torch.bool)).numpy()
    mirrored = poses(draws_at(CPU, 3, 7), torch.ones(5, dtype=torch.bool)).numpy()
    point, opposite = np.array([0.3, -0.6, 1]), np.array([-0.3, -0.6, 1])
    assert np.allclose(plain @ point, mirrored @ opposite, atol=1e-6)
    assert np.abs(plain @ point - point[:2]).max() < 0.4 and np.abs(mirrored @ point - opposite[:2]).max() < 0.4
