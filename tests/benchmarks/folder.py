"""A folder of 20,000 images: `pipeline decode` beside Pillow alone, in as many processes.

    python -m tests.benchmarks.folder [--files 20000] [--side 128] [--turns 3]

Both read the same files, decode them and bring them to 32 × 32; the program also hashes them,
finds their classes, looks for repeated images and stores its results durably. Both are timed from
the start of their process to its end, in turns; the program begins with empty folders each time.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from pipeline.executors.cores import default_workers

ROOT = Path(__file__).parent.parent.parent
CLASSES = 10
PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
PILLOW = """if True:
    import sys
    from multiprocessing import get_context
    from pathlib import Path
    import numpy as np
    from PIL import Image

    def one(path):
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB").resize((32, 32), Image.Resampling.LANCZOS))

    if __name__ == "__main__":
        paths = sorted(map(str, Path(sys.argv[1]).rglob("*.*")))
        with get_context("fork").Pool(int(sys.argv[2])) as pool:
            np.save(sys.argv[3], np.stack(pool.map(one, paths, 64)))
"""


def write_files(folder: Path, files: int, side: int) -> None:
    """Photograph-like images, smooth with some noise, of about that side; half JPEG, half PNG."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for number in range(files):
        own = folder / f"class{number % CLASSES}"
        own.mkdir(exist_ok=True)
        height, width = rng.integers(side // 2, side + side // 2, 2)
        small = rng.integers(0, 256, (6, 6, 3), np.uint8)
        image = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
        noise = rng.integers(-4, 5, (height, width, 1))
        image = Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
        image.save(own / f"{number}.{'png' if number % 2 else 'jpg'}", quality=85)


def adopt_orphans() -> None:
    """Let processes whose parents have ended be children of this one: their time counts, too, as
    that of a fork server and its workers (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_for_orphans() -> None:
    """Wait for all of them, which are about to end."""
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def timed(command: list[str], folder: Path) -> tuple[float, float, float]:
    """Seconds, processor seconds and the largest resident memory (MB, so far) of a command."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command[:4]}: {done.stderr[-500:]}")
    seconds = time.perf_counter() - started
    wait_for_orphans()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return seconds, spent, used.ru_maxrss / 1024


def main() -> None:
    """Print a line of JSON for each turn, and the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    workers = default_workers()
    adopt_orphans()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        images = folder / "images"
        images.mkdir()
        write_files(images, given.files, given.side)
        script = folder / "pillow.py"
        script.write_text(PILLOW)
        found: dict[str, list[float]] = {"pillow": [], "pipeline": [], "again": [], "one new": []}
        processor: list[float] = []
        python = [sys.executable]
        os.environ["PYTHONPATH"] = str(ROOT)
        for turn in range(given.turns):
            own = folder / f"turn{turn}"
            own.mkdir()
            command = [*python, str(script), str(images), str(workers), str(own / "out.npy")]
            seconds, peers, _ = timed(command, folder)
            found["pillow"].append(seconds)
            decode = [*python, "-m", "stages", "decode", "--source", str(images), "--quiet"]
            decode += ["--data-dir", str(own / "data"), "--artifacts-dir", str(own / "artifacts")]
            seconds, ours, memory = timed(decode, folder)
            found["pipeline"].append(seconds)
            processor.append(ours / peers)
            found["again"].append(timed(decode, folder)[0])
            one = next((images / "class0").glob("*.png"), next((images / "class0").glob("*")))
            one.write_bytes(one.read_bytes() + bytes(turn + 1))
            found["one new"].append(timed(decode, folder)[0])
            figures = {name: round(values[-1], 2) for name, values in found.items()}
            figures |= {
                "processor, ratio": round(ours / peers, 2),
                "largest process, MB": round(memory),
            }
            print(json.dumps(figures), flush=True)
        medians = {name: float(np.median(values)) for name, values in found.items()}
        ratio = medians["pipeline"] / medians["pillow"]
        print(
            f"{given.files:,} files, {workers} processes: {ratio:.2f} times Pillow's time, "
            f"{np.median(processor):.2f} times its processor time"
        )


if __name__ == "__main__":
    main()
