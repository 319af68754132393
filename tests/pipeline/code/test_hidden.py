"""Objects of C that change in place, or lie where others lay, are told apart."""

import array
import ctypes
import datetime
import hashlib
import io
import itertools
import mmap
import random
import sqlite3
import threading
from collections import namedtuple
from contextvars import ContextVar
from decimal import Decimal

import numpy as np
import pytest

from pipeline.code import hidden
from pipeline.code.hidden import referents, state_of


class Rolls(random.Random):
    """A class of Python on one of C."""

    def getstate(self):
        raise AssertionError("called")


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int)]


def table():
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (x)")
    return connection


def steps():
    yield 1
    yield 1


def sets(index, value):
    def change(one):
        one[index] = value

    return change


CHANGES = {
    "bytearray": (bytearray(b"ab"), sets(0, 1)),
    "view": (memoryview(bytearray(b"ab")), sets(0, 1)),
    "array.array": (array.array("d", [1, 2]), sets(0, 5.0)),
    "longer array.array": (array.array("d"), lambda one: one.append(1)),
    "mmap": (mmap.mmap(-1, 9), sets(3, 1)),
    "ctypes array": ((ctypes.c_int * 3)(), sets(0, 1)),
    "ctypes number": (ctypes.c_double(), lambda one: setattr(one, "value", 2)),
    "ctypes structure": (Point(), lambda one: setattr(one, "x", 2)),
    "text": (io.StringIO(), lambda one: one.write("a")),
    "bytes": (io.BytesIO(), lambda one: one.write(b"a")),
    "hash": (hashlib.sha256(), lambda one: one.update(b"a")),
    "keyed hash": (hashlib.blake2b(key=b"a"), lambda one: one.update(b"a")),
    "hash of any length": (hashlib.shake_128(), lambda one: one.update(b"a")),
    "generator": (steps(), next),
    "generator that ends": (iter(number for number in ()), lambda one: next(one, None)),
    "random": (random.Random(1), lambda one: one.random()),
    "derived": (Rolls(1), lambda one: one.seed(2)),
    "count": (itertools.count(), next),
    "iterator": (iter([1, 2]), next),
    "tuples": (iter((1, 2)), next),
    "range": (iter(range(4)), next),
    "numpy": (np.zeros((2, 3)), sets((1, 2), 1)),
    "complex": (np.zeros(2, complex), sets(0, 1j)),
    "times": (np.zeros(2, "M8[s]"), sets(0, np.datetime64(3, "s"))),
    "words": (np.zeros(2, "U3"), sets(0, "abc")),
    "objects": (np.array([None, 1]), sets(0, "abc")),
    "columns": (np.zeros((3, 4))[:, 1], sets(2, 1)),
    "Fortran": (np.zeros((3, 4), order="F"), sets((2, 1), 1)),
    "no dimension": (np.zeros(()), sets((), 1)),
    "structured": (np.zeros(2, [("a", "i4"), ("b", "U2")]), sets(1, (3, "b"))),
    "PCG64": (np.random.PCG64(1), lambda one: one.random_raw()),
    "MT19937": (np.random.MT19937(1), lambda one: one.random_raw()),
    "database": (table(), lambda one: one.execute("insert into t values (1)")),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_in_place(kind):
    value, change = CHANGES[kind]
    before = state_of(value, type(value))
    assert state_of(value, type(value)) == before
    change(value)
    assert state_of(value, type(value)) != before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        ("a", "b"),
        (range(3), range(4)),
        (datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 2)),
        (Decimal("1.5"), Decimal("1.6")),
        (np.float32(1), np.float32(2)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (lambda: 1, lambda: 2),
        (lambda x=1: x, lambda x=2: x),
    ],
)
def test_one_value_from_another(one, other):
    assert state_of(one, type(one)) != state_of(other, type(other))


def test_large_arrays_are_looked_at_in_blocks(monkeypatch):
    monkeypatch.setattr(hidden, "_WHOLE", 1000)
    monkeypatch.setattr(hidden, "_BLOCKS", 10)
    monkeypatch.setattr(hidden, "_BLOCK", 64)
    for value in (np.zeros((100, 20)), np.zeros((20, 100)).T, mmap.mmap(-1, 5000)):
        before = state_of(value, type(value))
        value[50:] = 1 if isinstance(value, np.ndarray) else b"a" * 4950
        assert state_of(value, type(value)) != before


@pytest.mark.parametrize("tiny", [0, 1, 3])
def test_large_arrays_of_few_elements(monkeypatch, tiny):
    monkeypatch.setattr(hidden, "_WHOLE", 0)
    assert isinstance(state_of(np.zeros(tiny), np.ndarray), int)


def test_what_cannot_be_read_is_not():
    closed = io.StringIO("a")
    closed.close()
    assert state_of(closed, io.StringIO) == 0


def test_no_code_of_a_program_runs():
    class Loud:
        def __hash__(self):
            raise AssertionError("called")

        __length_hint__ = __hash__

    Pair = namedtuple("Pair", "a b")
    for value in (Loud(), Pair(Loud(), 1), frozenset(), (1,)):
        assert state_of(value, type(value)) == 0


def test_values_of_this_thread_and_context():
    local, variable = threading.local(), ContextVar("v", default=None)
    local.x, held = ["x"], ["y"]
    variable.set(held)
    assert referents(local, type(local)) == [["x"]]
    assert referents(variable, type(variable)) == [held]
    assert referents([], list) == []


@pytest.mark.whole  # it takes seconds to import
def test_tensors():
    torch = pytest.importorskip("torch")
    value = torch.zeros(3)
    before = state_of(value, type(value))
    assert state_of(value, type(value)) == before
    value[0] = 1
    assert state_of(value, type(value)) != before
