"""Search: many runs of a pipeline with different parameters: which ones, in what order, at once."""
