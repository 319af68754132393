"""Where a dataset comes from: what `--source` means, downloads, the drawn shapes."""
