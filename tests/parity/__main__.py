"""The largest relative differences, as a table."""

from __future__ import annotations

import torch

from . import functions, networks

print(f"PyTorch {torch.__version__}, float64, 100 steps: largest difference, relative")
for name, comparison in (functions.COMPARISONS | networks.COMPARISONS).items():
    print(f"{name:<36}{functions.difference(comparison()):.1e}")
