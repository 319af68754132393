"""What must hold for a page in a browser. Each check gives what is wrong, in lines; none: all well.

A page is looked at as on a phone and on a desktop, in light and dark, and with scripts off.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.page.chromium import Page

WIDTHS = (360, 1440)
SCHEMES = ("light", "dark")
LIMIT = 3_000_000  # bytes
WIDER = """[...document.querySelectorAll('body *')].filter(e => {
  for (let p = e.parentElement; p; p = p.parentElement)
    if (getComputedStyle(p).overflowX != 'visible') return false;
  return e.getBoundingClientRect().right > innerWidth + 1;
}).slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""
BROKEN = "[...document.images].filter(i => !i.naturalWidth || !i.alt).map(i => i.alt)"
AXE = """axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
  'best-practice'], resultTypes: ['violations']}).then(r => r.violations.map(v =>
  v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 2).map(n => n.html.slice(0, 160)).join(' | ')))"""


def check(page: Page, path: Path, axe: str | None = None) -> Iterator[str]:
    """All checks of one file; `axe` is the source of axe-core, where that is there."""
    if path.stat().st_size > LIMIT:
        yield f"expected at most {LIMIT:,} bytes, found {path.stat().st_size:,}"
    for scheme in SCHEMES:
        for width in WIDTHS:
            yield from (
                f"{scheme}, {width} pixels: {what}" for what in seen(page, path, width, scheme)
            )
            if axe:
                page.evaluate(axe)
                yield from (f"{scheme}, {width} pixels: axe: {v}" for v in page.evaluate(AXE))
    yield from without_scripts(page, path)


def seen(page: Page, path: Path, width: int, scheme: str) -> Iterator[str]:
    """What is wrong with a page in a window so wide, in a colour scheme."""
    page.media("screen", scheme)
    page.resize(width)
    page.open(path)
    yield from (f"asked for {url}" for url in page.requests())
    yield from (f"console: {text}" for text in page.complaints())
    found = page.evaluate("document.documentElement.scrollWidth")
    if found > width:
        yield f"{found} pixels wide: {page.evaluate(WIDER)}"
    if images := page.evaluate(BROKEN):
        yield f"images that are broken or have no text: {json.dumps(images)}"
    if page.evaluate("document.querySelectorAll('script, link, iframe, [onclick]').length"):
        yield "expected no scripts, links or frames, found some"


def without_scripts(page: Page, path: Path) -> Iterator[str]:
    """The page must look the same to the pixel where scripts are off."""
    shots = []
    page.media("screen", "light")
    page.resize(WIDTHS[1])
    for on in (True, False):
        page.scripts(on)
        page.open(path)
        shots.append(page.shot())
    page.scripts(True)
    if shots[0] != shots[1]:
        yield "looks different with scripts off"
