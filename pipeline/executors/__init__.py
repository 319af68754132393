"""Where work runs: executors of `concurrent.futures`, cores, and BLAS on one thread."""
