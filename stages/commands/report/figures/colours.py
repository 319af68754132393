"""Colours, for light and for dark, each readable on its ground.

Contrast is that of WCAG 2.2: (L1 + 0.05) / (L2 + 0.05), with L the relative luminance; 4.5 for
text, 3 for lines. Tests hold every pair to it.
"""

from __future__ import annotations

from functools import partial

Colour = tuple[int, int, int]

LIGHT = {
    "bg": "#ffffff",
    "panel": "#f5f6f8",
    "ink": "#14181d",
    "muted": "#545b65",
    "rule": "#dadee4",
    "axis": "#868e99",
    "link": "#1a57a8",
}
DARK = {
    "bg": "#0f1216",
    "panel": "#181c22",
    "ink": "#e8ebef",
    "muted": "#a6aeb9",
    "rule": "#2c323a",
    "axis": "#78818d",
    "link": "#8fbcff",
}
# Distinguished by people who do not see all colours, in this order as well as may be.
LINES_LIGHT = ("#1f5fb4", "#b5480a", "#18754a", "#8a3fa0", "#a81c4a", "#665a00")
LINES_DARK = ("#82b4ff", "#ffa668", "#6ad0a0", "#d49bf0", "#ff8fae", "#d4c458")
LEVELS = 8  # of a heat map
RIGHT, WRONG = 0, 1  # the lines' colours that a heat map's own are mixed from


def rgb(colour: str) -> Colour:
    """#rrggbb as three numbers from 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """WCAG's relative luminance, from 0 to 1."""
    parts = [part / 255 for part in rgb(colour)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio, from 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(one: str, other: str, part: float) -> str:
    """So much of `other` in `one`."""
    pairs = zip(rgb(one), rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def level_colours(ground: str, full: str) -> list[tuple[str, str]]:
    """(background, text) for each level of a heat map, the faintest first."""
    found = []
    for level in range(LEVELS):
        back = mixed(ground, full, 0.12 + 0.88 * level / (LEVELS - 1))
        found.append((back, max("#000000", "#ffffff", key=partial(contrast, back))))
    return found


def level(part: float) -> int:
    """The level of a heat map for a part of its largest value."""
    return min(int(part * LEVELS), LEVELS - 1)


def variables(dark: bool) -> str:
    """The style's variables for one of both."""
    ground, lines = (DARK, LINES_DARK) if dark else (LIGHT, LINES_LIGHT)
    found = ground | {f"c{number}": colour for number, colour in enumerate(lines)}
    for name, colour in (("r", lines[RIGHT]), ("w", lines[WRONG])):
        for number, (back, text) in enumerate(level_colours(ground["bg"], colour)):
            found |= {f"{name}{number}": back, f"{name}{number}t": text}
    return "".join(f"--{name}:{colour};" for name, colour in found.items())


def classes() -> str:
    """The style's classes that use these variables: of lines, and of the cells of heat maps."""
    rules = []
    for number in range(len(LINES_LIGHT)):
        rules.append(f".c{number}{{--c:var(--c{number})}}")
    for name in "rw":
        for number in range(LEVELS):
            back, text = f"var(--{name}{number})", f"var(--{name}{number}t)"
            rules.append(f".{name}{number}{{background:{back};color:{text}}}")
            rules.append(
                f".chart .{name}{number}{{fill:{back}}}.chart .t{name}{number}{{fill:{text}}}"
            )
    return "".join(rules)
