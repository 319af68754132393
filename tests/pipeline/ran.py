"""The stages of the shop that ran, in order. A log identifies no result: they ignore it."""

RAN: list[str] = []
