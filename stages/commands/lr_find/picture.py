"""The curve of a range test as a picture. Needs Matplotlib, of the extra `pictures`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.cli.place import expect_place
from pipeline.errors import ConfigError
from pipeline.store.durable import replacing
from pipeline.store.troubles import storage_errors
from stages.commands.lr_find.curve import shown, window

# By the ending of the file, what says when it was made: not here, for the same bytes each time.
DATES: dict[str, dict[str, Any]] = {
    ".png": {},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}
PALE, STRONG, GOOD, BAD, INK = "#a9c1dc", "#1d4e89", "#2a8c4a", "#c0392b", "#333333"


def expect_picture(place: Path) -> None:
    """Raise `ConfigError` where no picture can be drawn: better before a test than after it."""
    if place.suffix.lower() not in DATES:
        raise ConfigError(
            f"--plot: expected the name of a file that ends in {', '.join(DATES)}, found {place}"
        )
    expect_place(place, "--plot")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise ConfigError(
            "--plot needs Matplotlib, which is not installed; install it with: pip install "
            "'cifar-pipeline[pictures]'"
        ) from None


def draw(found: Mapping[str, Any], title: str, place: Path) -> None:
    """Draw the curve of `found` (see stage.py) and write it to `place`.

    The same curve gives the same bytes.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    fixed: dict[Any, Any] = {
        "svg.hashsalt": "lr-find",
        "font.family": "DejaVu Sans",
        "text.parse_math": False,
    }
    with mpl.rc_context(fixed):
        figure = Figure(figsize=(8, 4.8), dpi=150, layout="constrained", facecolor="white")
        axes = figure.add_subplot()
        axes.set_title("Learning-rate range test", loc="left", weight="bold", color=INK, pad=24)
        axes.annotate(
            title, (0, 1), (0, 8), "axes fraction", "offset points", color=INK, fontsize=9
        )
        _curve(axes, found)
        _marks(axes, found)
        axes.set_xlabel("learning rate", color=INK)
        axes.set_ylabel("loss of a batch", color=INK)
        axes.grid(alpha=0.25, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK)
        kind = place.suffix.lower()
        with storage_errors(place, "--plot"), replacing(place) as file:
            figure.savefig(file, format=kind[1:], metadata=DATES[kind])


def _curve(axes: Any, found: Mapping[str, Any]) -> None:
    """Both losses over the rate; what rises beyond the window leaves it."""
    rates = found["rates"]
    axes.set_xscale("log")
    axes.plot(rates, found["losses"], "o", color=PALE, markersize=3, label="each step")
    axes.plot(rates, found["smoothed"], color=STRONG, linewidth=2.4, label="smoothed")
    low, high = window(found["losses"], found["smoothed"])
    axes.set_ylim(low - 0.1 * (high - low), high)  # space for words
    axes.set_xlim(rates[0], max(rates[-1], 1.3 * (found["blew_up"] or 0)))
    axes.xaxis.set_major_formatter(lambda rate, position: shown(rate))
    axes.legend(frameon=False, loc="lower left", labelcolor=INK)


def _marks(axes: Any, found: Mapping[str, Any]) -> None:
    """Where to begin, and where it ended."""
    marks = (
        (found["suggestion"], "suggested: {}", GOOD, "--", 0.96),
        (found["blew_up"], "blew up at {}", BAD, "-", 0.07),
    )
    for rate, words, color, style, height in marks:
        if rate:
            axes.axvline(rate, color=color, linewidth=1.6, linestyle=style, zorder=1.5)
            axes.annotate(
                words.format(shown(rate)),
                (rate, height),
                (-7, 0),
                axes.get_xaxis_transform(),
                "offset points",
                color=color,
                weight="bold",
                ha="right",
                va="top",
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.9, "pad": 2},
            )
