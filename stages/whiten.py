"""Whiten: inputs without correlation, by the training images alone.

With the covariance C = V diag(λ) Vᵀ of the rows x, after scale, contrast and standardization, and
with an ε that keeps directions of little but noise from being blown up,

    PCA  W = V diag(1/√(λ + ε))       ZCA  W = V diag(1/√(λ + ε)) Vᵀ       ε = damping × mean λ

and inputs are (x - mean) W; see A. Krizhevsky, Learning Multiple Layers of Features from Tiny
Images, 2009, appendix A. With fewer components only the largest eigenvalues count: then PCA gives
fewer inputs, and ZCA as many as before, but of lower rank.

Where images are flipped, their mirrors are training images too. Mean and covariance are then the
same for an image and its mirror, and the covariance falls into two: that of the sums of mirror
images' pixels and that of their differences, which are uncorrelated. Two eigenproblems of half the
size are four times cheaper than one.

Ahead of locally connected layers (--local) it is patches that are whitened, all by one matrix: the
rows x are then those patches of the training images that the first layer reads, of as many images,
evenly spaced, as have `PATCHES` of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.context import QUIET, Context
from pipeline.errors import ConfigError
from pipeline.stage import stage
from stages import neuralnet as nn
from stages.dataset.formats.layout import shape_of
from stages.features import chosen_blocks, expect_images, make_inputs
from stages.locality import Local, check_levels, first_patch, parse_levels
from stages.modelfile.initial import Init, init_by_content, initial_constants
from stages.options import Flip, InputOptions, WhitenOptions
from stages.training.even_odd import halves, whole

ROWS = 1024  # of a block: 38 MB of float32 and float64 for 3,072 features
PATCHES, SMALL = 500_000, 64  # and images of a block then


def resolved(*, local: str, **others: Any) -> dict[str, Any]:
    """Of the local layers only which patches the first one reads counts, and that if it matters."""
    local = first_patch(local) if others["whiten"] != "none" else ""
    return init_by_content(local=local, **others)


@stage(
    outputs=("whitening",),
    resolve=resolved,
    ignores=("stages.neuralnet.processor",),  # cores and limits, which change no bit
)
def whiten(
    features: np.ndarray,
    dataset: dict[str, Any],
    train_rows: np.ndarray,
    standardization: np.ndarray,
    *,
    whitening: WhitenOptions = WhitenOptions(),
    inputs: InputOptions = InputOptions(),
    flip: Flip = "none",
    local: Local = "",
    init: Init = None,
    context: Context = QUIET,
) -> np.ndarray:
    """Fit the matrix that makes inputs uncorrelated (--whiten) on the training images."""
    stored = width = features.shape[1]
    levels, cut = parse_levels(local), None
    if levels and whitening.whiten != "none":
        empty = np.empty((0, stored), np.float32)
        read = make_inputs(inputs, standardization=empty, shape=shape_of(dataset))
        first = nn.Local.of(check_levels(read.shape, levels), *levels[0], activation="relu")
        width, cut = first.numbers, first
    if init is not None:
        none, pca = whitening.whiten == "none", whitening.whiten == "pca"
        columns = whitening.components if pca and whitening.components else width
        flag = f"--whiten {whitening.whiten}"
        return initial_constants(init, "whitening", inputs, 0 if none else 1 + width, flag, columns)
    if whitening.whiten == "none":
        return np.empty((0, stored), np.float32)
    if whitening.components > width:
        raise ConfigError(
            f"--components {whitening.components}: expected at most the number of features"
            f"{' of a patch' * bool(levels)}, {width}"
        )
    kept, zca = whitening.components or width, whitening.whiten == "zca"
    context.check_free_space((1 + width) * (width if zca else kept) * 4)
    read = make_inputs(inputs, standardization=standardization, shape=shape_of(dataset))
    if flip != "none":
        expect_images(read, f"--whiten {whitening.whiten} with --flip {flip}")
    with nn.OneBlasThread():
        rows, shape = train_rows, read.shape
        if cut is not None:
            shape = cut.shape_of_patch
            rows = rows[:: -(-len(rows) * cut.outputs // PATCHES)]
        parts = covariances(features, rows, read, flip != "none", context, cut)
        return matrix(parts, shape, kept, whitening.damping, zca, context)


def covariances(
    features: np.ndarray,
    rows: np.ndarray,
    inputs: nn.Inputs,
    flipped: bool = False,
    context: Context = QUIET,
    cut: nn.Local | None = None,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Mean (d,) and covariance (d, d), float64, of the converted features of some rows.

    flipped: of these images and of their mirrors, as two: of the even coordinates and of the odd
    ones (training/even_odd.py). cut: of the patches that this layer reads, not of whole rows.
    Memory: the covariances twice, and a block of rows.
    """
    shape = inputs.shape if cut is None else cut.shape_of_patch

    def coordinates(stored: np.ndarray) -> tuple[np.ndarray, ...]:
        x: np.ndarray = np.empty(stored.shape, np.float32)
        inputs.convert(stored, x)
        if cut is not None:
            x = x[:, cut.indices()].reshape(-1, cut.numbers)
        if not flipped or shape is None:
            return (x.astype(np.float64),)
        return halves(x, shape)

    widths = [piece.shape[1] for piece in coordinates(features[:1])]
    sums = [(np.zeros(width), np.zeros((width, width))) for width in widths]
    each = 1 if cut is None else cut.outputs // cut.units
    with context.progress("whiten: covariance", len(rows), "images") as progress:
        for block in chosen_blocks(features, rows, ROWS if cut is None else SMALL):
            pieces = coordinates(block) if len(block) else ()
            for (mean, square), piece in zip(sums, pieces, strict=False):
                mean += piece.sum(axis=0)
                square += piece.T @ piece
            progress.advance(len(block))
    for number, (mean, square) in enumerate(sums):  # of sums, they become means
        mean *= (
            0 if number else 1 / (len(rows) * each)
        )  # odd: what an image has, its mirror takes away
        square /= len(rows) * each
        square -= np.multiply.outer(mean, mean)
    return sums


def matrix(
    parts: list[tuple[np.ndarray, np.ndarray]],
    shape: tuple[int, int, int] | None,
    components: int,
    damping: float,
    zca: bool,
    context: Context = QUIET,
) -> np.ndarray:
    """float32 (1 + d, k): -(mean @ W), and below it W; from the `parts` that `covariances` finds.

    The inputs of PCA stand in the order of their eigenvalues, the largest first. A direction in
    which nothing varies comes to 0.
    """
    solved = []
    with context.progress("whiten: eigenvectors", len(parts), "eigenproblems") as progress:
        for _, covariance in parts:
            solved.append(eigenvectors(covariance))
            progress.advance(1)
    values = np.concatenate([values for values, _ in solved])
    order = np.argsort(-values, kind="stable")[:components]
    V, mean, start = np.empty((len(values), len(order))), np.zeros(len(values)), 0
    for number, (own, (_, vectors)) in enumerate(zip(parts, solved, strict=True)):
        here = (order >= start) & (order < start + len(vectors))
        rows = np.vstack([own[0], vectors[:, order[here] - start].T])
        if shape is not None and len(parts) == 2:
            rows = whole(rows, number == 1, shape)
        mean += rows[0]
        V[:, here] = rows[1:].T
        start += len(vectors)
    spread = values + damping * values.mean()
    rounding = len(values) * np.finfo(np.float64).eps * (values.max() + mean @ mean)
    factors = np.divide(1, np.sqrt(spread), out=np.zeros_like(spread), where=spread > rounding)
    W = V * factors[order]
    if zca:
        W = W @ V.T
    return np.vstack([-(mean @ W), W]).astype(np.float32)


def eigenvectors(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (d,), not negative, and eigenvectors (d, d), in columns, of a symmetric matrix.

    An eigenvector may point either way; here its largest number is positive.
    """
    if not len(covariance):  # the odd half of images one pixel wide
        return np.empty(0), covariance
    values, vectors = np.linalg.eigh(covariance)
    largest = np.abs(vectors).argmax(axis=0)
    vectors *= np.where(vectors[largest, np.arange(len(values))] < 0, -1.0, 1.0)
    return np.maximum(values, 0), vectors
