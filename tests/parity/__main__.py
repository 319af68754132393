"""The largest relative differences, as a table."""

from __future__ import annotations

import torch

from .functions import COMPARISONS, difference

print(f"PyTorch {torch.__version__}, float64, 100 steps: largest difference, relative")
for name, comparison in COMPARISONS.items():
    print(f"{name:<36}{difference(comparison()):.1e}")
