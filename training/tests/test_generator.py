"""The generator: deterministic, and its images are fingerprints in the ways that can be measured."""

import numpy as np
import pytest
from scipy import ndimage

from fingerprint.geometry import MASTER_DPI, MASTER_SIZE, grid, pitch, smooth_noise
from fingerprint.impression import CAPTURE_DPI, CAPTURE_SIZE, Finger, Variation, make_impression
from fingerprint.master import MEAN_PERIOD, SPAN, make_master
from fingerprint.orientation import CLASSES, OrientationModel, draw_model, orientation_field

SEED = 7


@pytest.fixture(scope="module")
def masters():
    return [make_master(SEED, identity) for identity in range(3)]


def test_equal_seeds_give_equal_masters(masters):
    again = make_master(SEED, 1)
    assert np.array_equal(again.pattern, masters[1].pattern)
    assert (again.kind, again.period) == (masters[1].kind, masters[1].period)


def test_identities_and_populations_differ(masters):
    others = [masters[1], make_master(SEED + 1, 0)]
    for other in others:
        correlation = np.corrcoef(masters[0].pattern.ravel(), other.pattern.ravel())[0, 1]
        assert abs(correlation) < 0.2


def test_ridges_fill_the_master_at_its_period(masters):
    for master in masters:
        assert master.pattern.shape == (MASTER_SIZE, MASTER_SIZE) and master.pattern.dtype == np.int8
        pattern = master.pattern.astype(float)
        # Grown everywhere: no block without both ridges and valleys.
        blocks = pattern.reshape(12, 16, 12, 16).std(axis=(1, 3))
        assert blocks.min() > 40
        # Power lies in the band that the finger's period and its local variation allow.
        power = np.abs(np.fft.fft2(pattern)) ** 2
        f = np.fft.fftfreq(MASTER_SIZE) / pitch(MASTER_DPI)
        radius = np.hypot(f[None, :], f[:, None])
        band = (radius > 0.75 / (SPAN * master.period)) & (radius < 1.3 * SPAN / master.period)
        assert power[band].sum() > 0.85 * power.sum()
        assert 0.8 * MEAN_PERIOD < master.period < 1.2 * MEAN_PERIOD


def test_ridges_follow_the_orientation_field(monkeypatch):
    """Structure-tensor orientation of the grown ridges against the field that was asked for."""
    import fingerprint.master as module

    fields = []

    def recorded(*arguments):
        fields.append(orientation_field(*arguments))
        return fields[-1]

    monkeypatch.setattr(module, "orientation_field", recorded)
    pattern = make_master(SEED, 5).pattern.astype(float)
    gx, gy = ndimage.sobel(pattern, axis=1), -ndimage.sobel(pattern, axis=0)
    xx, yy, xy = (ndimage.gaussian_filter(v, 6) for v in (gx * gx, gy * gy, gx * gy))
    measured = np.arctan2(2 * xy, xx - yy) / 2 + np.pi / 2
    difference = np.abs(np.angle(np.exp(2j * (measured - fields[0])))) / 2
    inner = slice(24, -24)
    assert np.median(difference[inner, inner]) < np.deg2rad(6)


@pytest.mark.parametrize("turns, cores, deltas", [(1, 1, 0), (-1, 0, 1), (0, 1, 1), (2, 2, 0)])
def test_poincare_index_counts_singular_points(turns, cores, deltas):
    """Round a circle the orientation turns by pi per core less pi per delta (M. Kawagoe, A. Tojo, 1984)."""
    points = [(0.5, 0.4), (-0.7, 0.1)]
    model = OrientationModel(
        kind="whorl",
        cores=tuple(points[:cores]),
        deltas=tuple((0.2, -0.9) for _ in range(deltas)),
        corrections=np.random.default_rng(1).normal(0, 0.16, (cores + deltas, 8)),
        tilt=0.1,
        arch_height=0.0,
        arch_centre=0.0,
        arch_spread=1.0,
        roughness=0.05,
    )
    x, y = grid(MASTER_SIZE, MASTER_DPI)
    field = orientation_field(model, x, y, np.random.default_rng(2), MASTER_DPI)
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    column = np.rint(4 / pitch(MASTER_DPI) * np.cos(angle) + MASTER_SIZE / 2).astype(int)
    row = np.rint(-4 / pitch(MASTER_DPI) * np.sin(angle) + MASTER_SIZE / 2).astype(int)
    around = field[row, column]
    steps = np.angle(np.exp(2j * (np.roll(around, -1) - around))) / 2
    assert round(float(steps.sum() / np.pi)) == turns


def test_classes_come_at_their_frequencies():
    rng = np.random.default_rng(3)
    kinds = [draw_model(rng).kind for _ in range(2000)]
    share = {kind: kinds.count(kind) / len(kinds) for kind in CLASSES}
    assert 0.28 < share["left loop"] < 0.40 and 0.22 < share["whorl"] < 0.34
    assert 0.015 < share["arch"] < 0.06 and 0.01 < share["tented arch"] < 0.05


def test_smooth_noise_is_normalised_and_smooth():
    field = smooth_noise(np.random.default_rng(4), 128, CAPTURE_DPI, 2.0)
    assert abs(field.mean()) < 1e-5 and abs(field.std() - 1) < 1e-4
    assert np.abs(np.diff(field, axis=0)).max() < 0.3


def test_sampling_at_the_rasters_own_points_returns_the_pattern(masters):
    x, y = grid(MASTER_SIZE, MASTER_DPI)
    sampled = Finger(masters[0]).sample(*np.broadcast_arrays(x, y))
    # Interpolation drops the Nyquist terms only, and the pattern has next to nothing there.
    assert np.abs(sampled - masters[0].pattern / 127)[2:-2, 2:-2].mean() < 0.02


def test_impressions_are_deterministic_and_differ(masters):
    finger = Finger(masters[0])
    first = make_impression(finger, SEED, 0, 0)
    assert first.shape == (CAPTURE_SIZE, CAPTURE_SIZE) and first.dtype == np.uint8
    assert np.array_equal(first, make_impression(finger, SEED, 0, 0))
    assert not np.array_equal(first, make_impression(finger, SEED, 0, 1))
    assert first.std() > 10


def test_without_variation_impressions_show_the_master(masters):
    """With pose and skin held still, ridges are dark exactly where the master has them."""
    still = Variation(0, 0, 0, 0, 0, 0, 0, 0, 0)
    finger = Finger(masters[0])
    x, y = grid(CAPTURE_SIZE, CAPTURE_DPI)
    pattern = finger.sample(*np.broadcast_arrays(x, y))
    image = make_impression(finger, SEED, 0, 0, still).astype(float)
    middle = slice(40, 88)
    assert np.corrcoef(-image[middle, middle].ravel(), pattern[middle, middle].ravel())[0, 1] > 0.85


def test_resolution_is_a_parameter(masters):
    """At 500 dpi the same window shows ridges about nine pixels apart."""
    image = make_impression(Finger(masters[0]), SEED, 0, 0, size=256, dpi=500).astype(float)
    assert image.shape == (256, 256)
    window = image[96:160, 96:160] - image[96:160, 96:160].mean()
    power = np.abs(np.fft.fft2(window * np.hanning(64)[:, None] * np.hanning(64))) ** 2
    f = np.hypot(np.fft.fftfreq(64)[None, :], np.fft.fftfreq(64)[:, None])
    power[f < 0.05] = 0
    assert 7 < 1 / f.ravel()[power.argmax()] < 12


