"""Optimizers that fail, in the helpers or in the process that trains."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass

from stages.neuralnet import SGD


def in_helper() -> bool:
    thread = threading.current_thread() is not threading.main_thread()
    return thread or multiprocessing.parent_process() is not None


@dataclass(frozen=True)
class FailsInHelper(SGD):
    def update(self, *arguments, **options):
        if in_helper():
            raise ArithmeticError("no more, says a helper")
        super().update(*arguments, **options)


@dataclass(frozen=True)
class FailsInCaller(SGD):
    def update(self, *arguments, **options):
        if not in_helper():
            raise ArithmeticError("no more, says the caller")
        super().update(*arguments, **options)


@dataclass(frozen=True)
class InterruptsCaller(SGD):
    def update(self, *arguments, **options):
        if not in_helper():
            raise KeyboardInterrupt
        super().update(*arguments, **options)


@dataclass(frozen=True)
class KillsHelper(SGD):
    def update(self, *arguments, **options):
        if in_helper():
            os.kill(os.getpid(), signal.SIGKILL)
        super().update(*arguments, **options)
