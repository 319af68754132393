"""The statistics of a report: how sure a figure is, and what a matrix of confusion says."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

Z95 = 1.959963984540054  # of the normal distribution: 95% lie within so many deviations
BINS = 15  # of confidence, as in Guo et al.


def wilson(hits: float, images: int, z: float = Z95) -> tuple[float, float]:
    """The interval, as parts of 1, in which the true share lies with 95% confidence.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927. Unlike
    the mean ± 2 deviations it stays within [0, 1] and holds for few images.
    """
    if not images:
        return 0.0, 1.0
    share, square = hits / images, z * z
    middle = (share + square / (2 * images)) / (1 + square / images)
    half = z * math.sqrt(share * (1 - share) / images + square / (4 * images**2))
    half /= 1 + square / images
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class ClassScores:
    """Of each class, float64 (classes,); NaN where it would be a mean over no images."""

    images: np.ndarray  # int64
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray


def class_scores(confusion: np.ndarray) -> ClassScores:
    """Precision, recall and F1 of each class from counts by [truth, prediction].

    F1 = 2 hits / (images of the class + images taken for it): the harmonic mean of both.
    """
    confusion = np.asarray(confusion, np.int64)
    hits, images, taken = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    with np.errstate(invalid="ignore"):
        return ClassScores(images, hits / taken, hits / images, 2 * hits / (images + taken))


@dataclass(frozen=True)
class Calibration:
    """Images by confidence, in `BINS` bins of equal width; arrays (BINS,).

    confidence and accuracy: means of the bin's images, NaN where it has none. error: the expected
    calibration error, Σ share of the bin × |accuracy - confidence| (C. Guo et al., On Calibration
    of Modern Neural Networks, 2017, equation 3). bias: mean confidence less accuracy.
    """

    images: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    error: float
    bias: float


def calibration(confidence: np.ndarray, right: np.ndarray) -> Calibration:
    """Whether images predicted with confidence c are right in a share c of the cases.

    confidence: (n,), the probability of the predicted class. right: bool (n,).
    """
    confidence = np.asarray(confidence, np.float64)
    place = np.clip((confidence * BINS).astype(np.int64), 0, BINS - 1)
    images = np.bincount(place, minlength=BINS)
    sums = np.bincount(place, confidence, BINS)
    hits = np.bincount(place, np.asarray(right, np.float64), BINS)
    with np.errstate(invalid="ignore"):
        mean, accuracy = sums / images, hits / images
    total = max(int(images.sum()), 1)
    error = float(np.abs(hits - sums).sum() / total)
    return Calibration(images, mean, accuracy, error, float((sums - hits).sum() / total))


def mcnemar(only_first: int, only_second: int) -> float:
    """The probability of so uneven a split of the images that only one of two runs gets right,
    if both are equally good: two-sided, exact, by the binomial distribution.

    Q. McNemar, Note on the sampling error of the difference between correlated proportions, 1947;
    recommended for two trained classifiers on one test set by T. Dietterich, 1998.
    """
    images, fewer = only_first + only_second, min(only_first, only_second)
    if not images:
        return 1.0
    ways = math.lgamma(images + 1) - images * math.log(2)
    tail = math.fsum(
        math.exp(ways - math.lgamma(k + 1) - math.lgamma(images - k + 1)) for k in range(fewer + 1)
    )
    return min(1.0, 2 * tail)
