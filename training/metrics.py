"""How good a prediction is: depth after a scale-and-shift fit in inverse depth, and pictures inside holes.

No torch here: the benchmarks score with these functions too.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_FLOAT = np.float64


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthScores:
    """Scores of one picture, or their mean over several."""

    abs_rel: float
    """Mean |depth - true depth| / true depth."""
    delta1: float
    """Share of pixels whose depth is within a factor 1.25 of the truth."""
    spearman: float
    """Rank correlation of predicted and true inverse depth; 1 = the order of all pixels is right."""


def fit_scale_shift(prediction: NDArray[np.floating], truth: NDArray[np.floating]) -> NDArray[np.float64]:
    """Least-squares a * prediction + b nearest to truth; both (P,). A constant prediction gives the mean."""
    design = np.stack([prediction.astype(_FLOAT), np.ones(prediction.shape, _FLOAT)], axis=1)
    solution, *_ = np.linalg.lstsq(design, truth.astype(_FLOAT), rcond=None)
    return np.asarray(design @ solution, np.float64)


def depth_scores(
    prediction: NDArray[np.floating],  # (H, W) relative inverse depth, larger is nearer
    truth: NDArray[np.floating],  # (H, W) depth in any unit
    valid: NDArray[np.bool_],  # (H, W)
) -> DepthScores:
    """Score relative disparity against true depth after a least-squares fit in inverse depth over the valid pixels.

    The fitted inverse depth is kept between 1 / (1.5 max) and 1.5 / min of the true depth before it is turned over.

    Raises:
        ValueError: no valid pixel, or shapes differ.
    """
    if prediction.shape != truth.shape or valid.shape != truth.shape:
        raise ValueError(f"shapes differ: prediction {prediction.shape}, truth {truth.shape}, valid {valid.shape}")
    if not valid.any():
        raise ValueError("no valid pixel in the true depth")
    depth = truth[valid].astype(_FLOAT)
    inverse = 1 / depth
    fitted = fit_scale_shift(prediction[valid], inverse)
    fitted = np.clip(fitted, inverse.min() / 1.5, inverse.max() * 1.5)
    estimate = 1 / fitted
    ratio = np.maximum(estimate / depth, depth / estimate)
    return DepthScores(
        abs_rel=float(np.mean(np.abs(estimate - depth) / depth)),
        delta1=float(np.mean(ratio < 1.25)),
        spearman=spearman(prediction[valid], inverse),
    )


def mean_scores(scores: list[DepthScores]) -> DepthScores:
    """The mean of each score; ValueError where the list is empty."""
    if not scores:
        raise ValueError("no scores to average")
    return DepthScores(
        abs_rel=float(np.mean([s.abs_rel for s in scores])),
        delta1=float(np.mean([s.delta1 for s in scores])),
        spearman=float(np.mean([s.spearman for s in scores])),
    )


def spearman(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Rank correlation of two vectors, ties given their mean rank; 0 where either is constant."""
    a, b = _ranks(first), _ranks(second)
    a -= a.mean()
    b -= b.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return 0.0 if norm == 0 else float(a @ b) / norm


def _ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    _, index, count = np.unique(values, return_inverse=True, return_counts=True)
    end = np.cumsum(count)
    return np.asarray((end - (count - 1) / 2)[index.ravel()], np.float64)


def psnr(first: NDArray[np.floating], second: NDArray[np.floating], mask: NDArray[np.bool_] | None = None) -> float:
    """Peak signal-to-noise ratio in dB of pictures in 0..1, (H, W, 3), over the mask (H, W) if given; 99 if equal.

    Raises:
        ValueError: the mask is empty.
    """
    error = np.square(first.astype(_FLOAT) - second.astype(_FLOAT))
    if mask is not None:
        if not mask.any():
            raise ValueError("the mask is empty: there is no hole to score")
        error = error[mask]
    mse = float(error.mean())
    return 99.0 if mse == 0 else min(99.0, -10 * float(np.log10(mse)))


def ssim(first: NDArray[np.floating], second: NDArray[np.floating], mask: NDArray[np.bool_] | None = None) -> float:
    """Structural similarity of pictures in 0..1 (H, W, 3), 7x7 box windows, mean over the mask (H, W) if given."""
    a, b = (np.ascontiguousarray(picture, np.float32) for picture in (first, second))
    weight = _blurred(np.ones(a.shape[:2], np.float32))[..., None]

    def blur(x: NDArray[np.floating]) -> NDArray[np.floating]:
        # Windows that reach over the border are averaged over what is inside.
        return _blurred(x) / weight

    mean_a, mean_b = blur(a), blur(b)
    spread = blur(a * a) - mean_a**2 + blur(b * b) - mean_b**2
    covariance = blur(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    values = (2 * mean_a * mean_b + c1) * (2 * covariance + c2) / ((mean_a**2 + mean_b**2 + c1) * (spread + c2))
    values = values.mean(axis=2)
    return float(values.mean() if mask is None else values[mask].mean())


def _blurred(values: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(cv2.boxFilter(values, -1, (7, 7), borderType=cv2.BORDER_CONSTANT))
