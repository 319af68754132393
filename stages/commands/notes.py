"""Notes: flags that other programs have and this one has not, and what to do here instead.

Names are written as a variable is: `--no-cache` finds no_cache.
"""

RESUME = "a training resumes by itself: run the same command again"
CPU = "networks are trained on the CPU, with --workers of its cores"
AGAIN = "a stage runs again where something has changed: see explain STAGE"
GRID = "values are words: search lr=0.01,0.1 momentum=0.9,0.95"
FLAGS = "each parameter is a flag, such as --lr 0.1, and a key of a file for --config"
NOTES = {
    **dict.fromkeys(("resume", "continue", "resume_from", "restart"), RESUME),
    **dict.fromkeys(("gpu", "gpus", "cuda", "device", "mps", "amp"), CPU),
    **dict.fromkeys(("force", "rerun", "no_cache", "nocache", "overwrite", "f"), AGAIN),
    **dict.fromkeys(("grid", "param", "space"), GRID),
    **dict.fromkeys(("set", "override"), FLAGS),
}
