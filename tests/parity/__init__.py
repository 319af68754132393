"""Does PyTorch compute the same? In float64, on the same numbers: `python -m tests.parity`."""
