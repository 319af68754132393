"""What no training is faster than: the matrix products of a step, and nothing else.

Three limits, for none of them is the true one:

    GEMM               the products of a step, one after the other, BLAS on all cores
    GEMM + memory      the same, and parameters and momentum read and written once per step; that
                       runs on one core here and is counted as shared out evenly among all
    GEMM, by core      whole steps, on each core its own, BLAS on one thread: no step waits for
                       another, so it is what the cores can do when they need not work together
"""

from __future__ import annotations

import functools
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise

import numpy as np

from stages.neuralnet import OneBlasThread
from stages.neuralnet.processor import cores
from tests.benchmarks.reference import IMAGES, Reference


def together(reference: Reference, memory: bool) -> Callable[[], float]:
    """An epoch on all cores at once; returns the seconds that do not count."""
    step, weights = products(reference)
    momentum = [np.zeros_like(W) for W in weights]
    factor = np.float32(0.9)

    def epoch() -> float:
        spared = 0.0
        for _ in range(-(-IMAGES // reference.batch)):
            step()
            if memory:
                started = time.perf_counter()
                for W, u in zip(weights, momentum, strict=True):
                    np.multiply(u, factor, out=u)
                    np.subtract(W, u, out=W)
                spared += (time.perf_counter() - started) * (1 - 1 / cores())
        return spared

    return epoch


def by_core(reference: Reference) -> Callable[[], None]:
    """An epoch's steps shared out among as many processes as there are cores."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(cores(), context, initializer=_one_thread)
    steps, count = -(-IMAGES // reference.batch), cores()
    shares = [steps * (n + 1) // count - steps * n // count for n in range(count)]

    def epoch() -> None:
        list(pool.map(_carry_out, [reference] * count, shares))

    return epoch


@functools.cache
def products(reference: Reference) -> tuple[Callable[[], None], list[np.ndarray]]:
    """(step, weights): a step is the products of a step in its order, on arrays of its shapes."""
    generator = np.random.default_rng(0).random
    widths, batch = reference.widths, reference.batch
    activations = [generator((batch, n), np.float32) for n in widths]
    deltas = [generator((batch, n), np.float32) for n in widths]
    weights = [generator(shape, np.float32) for shape in pairwise(widths)]
    results = [np.empty_like(a) for a in activations]
    gradients = [np.empty_like(W) for W in weights]
    count = len(weights)

    def step() -> None:
        for n in range(count):
            np.matmul(activations[n], weights[n], out=results[n + 1])
        for n in range(count - 1, 0, -1):
            np.matmul(deltas[n + 1], weights[n].T, out=results[n])
        for n in range(count):
            np.matmul(activations[n].T, deltas[n + 1], out=gradients[n])

    return step, weights


def _one_thread() -> None:
    OneBlasThread().__enter__()


def _carry_out(reference: Reference, steps: int) -> None:
    step, _ = products(reference)
    for _ in range(steps):
        step()
