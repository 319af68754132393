"""BLAS on one thread for as long as anybody needs it."""

from __future__ import annotations

import threading

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from pipeline.executors.blas import one_blas_thread


def threads() -> set[int]:
    import numpy  # noqa: F401

    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two():
    threads()
    with threadpool_limits(2, user_api="blas"):
        yield


def test_the_last_one_to_leave_takes_the_limit_back():
    entered, leave = threading.Event(), threading.Event()

    def other():
        with one_blas_thread():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with one_blas_thread():
        with one_blas_thread():
            assert threads() == {1}
        thread.start()
        assert entered.wait(10)
    assert threads() == {1}, "the other one still needs it"
    leave.set()
    thread.join()
    assert threads() == {2}


def test_an_error_takes_it_back():
    with pytest.raises(ValueError, match="no"), one_blas_thread():
        raise ValueError("no")
    assert threads() == {2}


def test_it_holds_whoever_has_set_a_limit_before():
    """threadpoolctl heeds one thread at a time, which may be any that is still alive."""
    threadpool_limits(2, user_api="blas")  # now it is this one
    found = []

    def other():
        with one_blas_thread():
            found.append(threads())
        found.append(threads())

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert found == [{1}, {2}]
