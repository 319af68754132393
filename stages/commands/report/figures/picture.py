"""Pictures in files: SVG by our own hand, PNG and PDF with Matplotlib, of the extra `pictures`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline.cli.place import expect_place
from pipeline.errors import ConfigError
from pipeline.store.durable import replacing
from pipeline.store.troubles import storage_errors
from stages.commands.report.figures import matrix, strip, svg
from stages.commands.report.figures.chart import Chart, Effect, Figure, Matrix
from stages.commands.report.figures.colours import LIGHT, LINES_LIGHT
from stages.commands.report.html import shorten, visible
from stages.commands.report.style import picture_style

# By the ending of the file, what says when it was made: not here, for the same bytes each time.
DATES: dict[str, dict[str, Any]] = {".svg": {}, ".png": {}, ".pdf": {"CreationDate": None}}

# Where DejaVu Sans, which comes with Matplotlib, has no sign: fonts of other scripts, as far as
# they are installed.
FONTS: tuple[str, ...] = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "WenQuanYi Zen Hei",
    "PingFang SC",
)
FONTS += ("Hiragino Sans", "Apple SD Gothic Neo", "Noto Sans Devanagari", "Noto Emoji")


def expect_picture(place: Path) -> None:
    """Raise `ConfigError` where no picture can be drawn: better before the work than after it."""
    kind = place.suffix.lower()
    if kind not in DATES:
        raise ConfigError(
            f"--plot: expected the name of a file that ends in {', '.join(DATES)}, found {place}"
        )
    expect_place(place, "--plot")
    if kind != ".svg":
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            raise ConfigError(
                f"--plot: {kind[1:]} needs Matplotlib, which is not installed; install it with: "
                "pip install 'cifar-pipeline[pictures]', or give the name of an .svg file"
            ) from None


def draw(figures: Sequence[Figure], place: Path, warn: Callable[[str], None]) -> None:
    """Draw all of them, one below the other. The same figures give the same bytes.

    `warn` hears of signs that no font has; a reader of an .svg file has fonts of their own.
    """
    kind = place.suffix.lower()
    if kind == ".svg":
        data = as_svg(figures).encode("utf-8")
    else:
        data, missing = _plotted(figures, kind)
        if missing:
            warn(
                f"--plot: no font of this machine that Matplotlib was given has {missing}; boxes "
                "stand for them; give the name of an .svg file instead"
            )
    with storage_errors(place, "--plot"), replacing(place) as file:
        file.write(data)


def as_svg(figures: Sequence[Figure]) -> str:
    """An SVG document of its own."""
    hands: dict[type, Any] = {Chart: svg.draw, Matrix: matrix.draw, Effect: strip.draw}
    drawn = [hands[type(figure)](figure) for figure in figures]
    titles = [title_of(figure) for figure in figures]
    return svg.standalone(list(zip(titles, drawn, strict=True)), picture_style())


def _plotted(figures: Sequence[Figure], kind: str) -> tuple[bytes, str]:
    """The file's bytes, and the signs that no font has."""
    import io
    import warnings

    import matplotlib as mpl
    from matplotlib.figure import Figure as Sheet

    hands: dict[type, Any] = {Chart: _plot_chart, Matrix: _plot_matrix, Effect: _plot_effect}
    families = ["DejaVu Sans", *(name for name in FONTS if name in _installed())]
    with (
        mpl.rc_context({"font.family": families, "text.parse_math": False}),
        warnings.catch_warnings(record=True) as said,
    ):
        warnings.simplefilter("always")
        high = sum(8.0 if isinstance(one, Matrix) else 3.6 for one in figures)
        sheet = Sheet(figsize=(8, high), dpi=150, layout="constrained", facecolor=LIGHT["bg"])
        for one, axes in zip(figures, sheet.subplots(len(figures), squeeze=False), strict=True):
            hands[type(one)](axes[0], one)
            axes[0].set_title(visible(title_of(one)), loc="left", weight="bold", color=LIGHT["ink"])
            axes[0].tick_params(colors=LIGHT["muted"])
        file = io.BytesIO()
        sheet.savefig(file, format=kind[1:], metadata=DATES[kind])
    found = (re.match(r"Glyph (\d+) ", str(one.message)) for one in said)
    missing = dict.fromkeys(chr(int(one[1])) for one in found if one)
    return file.getvalue(), "".join(missing)


def _installed() -> set[str]:
    from matplotlib.font_manager import fontManager

    return {font.name for font in fontManager.ttflist}


def title_of(figure: Figure) -> str:
    """What stands above it."""
    return f"{figure.name}: {figure.title}" if isinstance(figure, Effect) else figure.title


def _plot_chart(axes: Any, chart: Chart) -> None:
    for line in chart.lines:
        color = LINES_LIGHT[line.colour]
        xs, ys = zip(*line.points, strict=True)
        axes.plot(xs, ys, color=color, linewidth=2, linestyle=":" if line.dashed else "-",
                  marker="o" if len(xs) == 1 else None)  # fmt: skip
        axes.annotate(shorten(line.name, 20), (xs[-1], ys[-1]), (6, 0), "data", "offset points",
                      color=color, va="center", weight="bold")  # fmt: skip
    if chart.log:
        axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, position: chart.form(value))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel(chart.x_name, color=LIGHT["muted"])
    axes.grid(axis="y", color=LIGHT["rule"])
    axes.spines[["top", "right"]].set_visible(False)


def _plot_matrix(axes: Any, found: Matrix) -> None:
    from matplotlib.colors import ListedColormap

    from stages.commands.report.figures.colours import RIGHT, WRONG, level_colours

    count = len(found.names)
    layers = zip(matrix.shades(found.counts), (RIGHT, WRONG), strict=True)
    for levels, number in layers:
        pairs = level_colours(LIGHT["bg"], LINES_LIGHT[number])
        backs = ListedColormap([LIGHT["bg"], *(back for back, _ in pairs)])
        masked = levels.astype(float)
        masked[levels < 0] = float("nan")
        axes.imshow(masked, cmap=backs, vmin=-1, vmax=len(pairs) - 1)
        if count <= 20:
            for row, column in zip(*(levels >= 0).nonzero(), strict=True):
                axes.text(column, row, f"{found.counts[row, column]}", ha="center", va="center",
                          fontsize=8, color=pairs[levels[row, column]][1])  # fmt: skip
    places = range(0, count, 1 if count <= 26 else -(-count // 13))
    names = [shorten(found.names[place], 14) for place in places]
    axes.set_xticks(places, names, rotation=60, ha="right")
    axes.set_yticks(places, names)
    axes.set_xlabel("prediction", color=LIGHT["muted"])
    axes.set_ylabel("truth", color=LIGHT["muted"])


def _plot_effect(axes: Any, effect: Effect) -> None:
    values, scores, texts = zip(*effect.points, strict=True)
    if effect.numeric and len(effect.by_text) > strip.COLUMNS:
        if min(values) > 0 and max(values) / min(values) > 20:
            axes.set_xscale("log")
        axes.plot(values, scores, "o", color=LINES_LIGHT[0], markersize=3, alpha=0.4)
    else:
        names = list(effect.by_text)
        places = [names.index(text) for text in texts]
        axes.plot(places, scores, "o", color=LINES_LIGHT[0], markersize=3, alpha=0.4)
        axes.boxplot(list(effect.by_text.values()), positions=range(len(names)), showfliers=False,
                     medianprops={"color": LINES_LIGHT[1], "linewidth": 2})  # fmt: skip
        axes.set_xticks(range(len(names)), [shorten(name, 12) for name in names])
    axes.yaxis.set_major_formatter(lambda value, position: f"{value:.0%}")
    axes.set_xlabel(visible(effect.name), color=LIGHT["muted"])
    axes.grid(axis="y", color=LIGHT["rule"])
    axes.spines[["top", "right"]].set_visible(False)
