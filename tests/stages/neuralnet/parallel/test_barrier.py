from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from stages.neuralnet.parallel.barrier import ABORT, Aborted, Barrier, control_words, wait_until


def nothing():
    pass


@pytest.mark.parametrize("spin", [False, True])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_nobody_goes_on_before_all_have_come(workers, spin):
    control = np.zeros(control_words(workers), np.int64)
    progress, seen = [0] * workers, []

    def work(worker):
        barrier = Barrier(control, worker, workers, nothing, spin)
        for step in range(1, 21):
            progress[worker] = step
            barrier.wait()
            seen.append(min(progress) >= step)
            barrier.wait()

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(seen) == 20 * workers
    assert all(seen)


def test_who_waits_sees_the_abort_flag():
    control = np.zeros(control_words(2), np.int64)
    barrier = Barrier(control, 0, 2, nothing, spin=True)
    threading.Timer(0.05, control.__setitem__, (ABORT, 1)).start()
    with pytest.raises(Aborted):
        barrier.wait()


def test_who_waits_looks_after_the_others():
    class Gone(Exception):
        pass

    def check():
        raise Gone

    with pytest.raises(Gone):
        Barrier(np.zeros(control_words(2), np.int64), 1, 2, check, spin=False).wait()


def test_a_condition_is_waited_for():
    end = time.monotonic() + 0.02
    wait_until(lambda: time.monotonic() > end, memoryview(np.zeros(99, np.int64)), nothing)
    assert time.monotonic() > end
