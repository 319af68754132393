"""Relay: events of other processes arrive, and whoever died holds nobody up."""

from __future__ import annotations

import time
from typing import Any

import pytest

from pipeline.events.relay import END, Relay
from pipeline.events.reporter import Reporter

CHANNEL = 0  # the first


class Recording(Reporter):
    def __init__(self) -> None:
        self.words: list[str] = []

    def info(self, message: str) -> None:
        self.words.append(message)


def opened() -> tuple[Recording, Relay, Any, Any]:
    reported = Recording()
    relay = Relay()
    assert relay.channels.open(reported) == CHANNEL
    _, (pipe, lock) = relay.connection
    return reported, relay, pipe, lock


def send(pipe: Any, words: str) -> None:
    pipe.send((CHANNEL, "info", {"message": words}))


def test_what_arrives_is_reported_before_it_closes():
    reported, relay, pipe, _ = opened()
    for words in ("one", "two"):
        send(pipe, words)
    relay.close()
    assert reported.words == ["one", "two"]


def test_a_lock_that_a_dead_worker_holds(monkeypatch):
    monkeypatch.setattr("pipeline.events.relay._PATIENCE", 0.2)
    reported, relay, pipe, lock = opened()
    send(pipe, "one")
    lock.acquire()
    started = time.monotonic()
    relay.close()
    assert time.monotonic() - started < 10
    assert reported.words == ["one"]


def test_half_an_event(monkeypatch):
    monkeypatch.setattr("pipeline.events.relay._PATIENCE", 0.2)
    reported, relay, pipe, lock = opened()
    send(pipe, "one")
    lock.acquire()
    pipe._send(b"\0\0\1\0half")  # 256 bytes are announced
    relay.close()
    assert reported.words == ["one"]


class Deaf(Recording):
    def info(self, message: str) -> None:
        raise ZeroDivisionError(message)


def test_an_error_of_a_reporter_is_its_channels_own():
    reported, relay, pipe, _ = opened()
    deaf = relay.channels.open(Deaf())
    for words in ("one", "two"):
        pipe.send((deaf, "info", {"message": words}))
        send(pipe, words)
    for channel in (deaf, CHANNEL):
        pipe.send((channel, END, {}))
    relay.channels.settle(CHANNEL)
    with pytest.raises(ZeroDivisionError, match="one"):
        relay.channels.settle(deaf)
    relay.close()
    assert reported.words == ["one", "two"]
