"""Where work runs: executors of `concurrent.futures`, the cores there are, and BLAS on one thread."""
