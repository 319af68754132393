"""What each reporter writes."""

import io
import json
import subprocess
import sys

import pytest

from pipeline.events.bars import BarReporter
from pipeline.events.json_lines import JsonReporter
from pipeline.events.lines import LineReporter, QuietReporter
from pipeline.events.reporter import Reporter
from pipeline.events.several import Several
from pipeline.events.styles import STYLES, make_reporter

DECODE = {"fingerprint": "0a" * 32}


def send(reporter):
    """The events of a small run, one of each kind."""
    reporter.stage_finished("download", "cached", 0.001, "up to date")
    reporter.stage_started("decode", "never run before", **DECODE)
    reporter.info("10 classes")
    with reporter.progress("decode", 4, "images") as progress:
        for _ in range(4):
            progress.advance(note="well")
    with reporter.progress("search") as progress:
        progress.advance(2)
    reporter.warn("no network")
    reporter.stage_finished("decode", "ran", 1.239, "never run before", **DECODE)
    reporter.metrics("train", {"epoch": 1, "loss": 0.5}, "epoch 1/9  loss 0.5")
    reporter.stage_started("train", "parameter lr was 0.01, is 0.02")
    reporter.waiting("train", "process 7")
    reporter.stage_finished("train", "cached", 2.0, "another run has just made it")
    reporter.close()


LINES = """\
download     cached
decode       runs                never run before
10 classes
warning: no network
decode       ran         1.24 s
epoch 1/9  loss 0.5
train        runs                parameter lr was 0.01, is 0.02
train        waits               for process 7
train        cached              another run has just made it
"""


def written(make, *args, **options):
    stream = io.StringIO()
    send(make(stream, *args, **options))
    return stream.getvalue()


def test_lines():
    assert written(LineReporter) == LINES


def test_lines_verbose():
    first, rest = LINES.split("\n", 1)
    assert written(LineReporter, verbose=True) == f"{first}              up to date\n{rest}"


def test_lines_with_progress():
    clock = iter(range(100)).__next__
    lines = written(LineReporter, interval=2.0, clock=clock).splitlines()
    assert lines[3] == "decode       50%, 2/4 images, 3 s left, well"
    assert not any("\r" in line or "\x1b" in line for line in lines)


def test_quiet_prints_warnings_only():
    assert written(QuietReporter) == "warning: no network\n"


def test_the_reporter_that_tells_nobody():
    send(Reporter())


def test_json():
    clock = iter(range(100)).__next__
    lines = [json.loads(line) for line in written(JsonReporter, clock=clock).splitlines()]
    seconds = [line.pop("seconds") for line in lines]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0
    assert [line for line in lines if line["event"] != "progress"] == [
        {
            "event": "stage_finished",
            "stage": "download",
            "status": "cached",
            "took": 0.001,
            "reason": "up to date",
            "fingerprint": "",
        },
        {"event": "stage_started", "stage": "decode", "reason": "never run before", **DECODE},
        {"event": "info", "message": "10 classes"},
        {"event": "warning", "message": "no network"},
        {
            "event": "stage_finished",
            "stage": "decode",
            "status": "ran",
            "took": 1.239,
            "reason": "never run before",
            **DECODE,
        },
        {"event": "metrics", "stage": "train", "epoch": 1, "loss": 0.5},
        {
            "event": "stage_started",
            "stage": "train",
            "reason": "parameter lr was 0.01, is 0.02",
            "fingerprint": "",
        },
        {"event": "waiting", "stage": "train", "holder": "process 7"},
        {
            "event": "stage_finished",
            "stage": "train",
            "status": "cached",
            "took": 2.0,
            "reason": "another run has just made it",
            "fingerprint": "",
        },
    ]
    progress = [line for line in lines if line["event"] == "progress"]
    assert progress[-2] == {
        "event": "progress",
        "label": "decode",
        "done": 4,
        "total": 4,
        "unit": "images",
        "note": "well",
    }
    assert progress[-1]["total"] is None


def test_json_tells_the_end_of_a_task():
    lines = written(JsonReporter).splitlines()
    done = [json.loads(line)["done"] for line in lines if '"progress"' in line]
    assert done == [4, 2]


@pytest.mark.parametrize(
    ("style", "kind"),
    [
        ("auto", LineReporter),
        ("lines", LineReporter),
        ("bars", BarReporter),
        ("json", JsonReporter),
        ("quiet", QuietReporter),
    ],
)
def test_make_reporter(style, kind):
    assert type(make_reporter(style, io.StringIO())) is kind


def test_every_style_is_known():
    assert set(STYLES) == {"auto", "bars", "lines", "json", "quiet"}
    with pytest.raises(ValueError, match=r"expected a style of auto, .*, found 'loud'"):
        make_reporter("loud", io.StringIO())


@pytest.mark.parametrize("style", STYLES)
def test_a_closed_stream_stops_no_run(style):
    stream = io.StringIO()
    stream.close()
    send(make_reporter(style, stream))
    send(make_reporter(style, None))


def test_tqdm_is_imported_for_bars_only():
    code = (
        "import io, sys; from pipeline.events.styles import make_reporter\n"
        "for style in ('lines', 'json', 'quiet', 'bars'):\n"
        "    reporter = make_reporter(style, io.StringIO())\n"
        "    reporter.stage_finished('a', 'cached', 0.1, '')\n"
        "    print('tqdm' in sys.modules)\n"
        "with reporter.progress('a'): print('tqdm' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"] * 4 + ["True"]


def test_several_are_one():
    streams = io.StringIO(), io.StringIO()
    send(Several(LineReporter(streams[0]), Several(JsonReporter(streams[1])), Reporter()))
    assert streams[0].getvalue() == LINES
    told = [json.loads(line) for line in streams[1].getvalue().splitlines()]
    alone = [json.loads(line) for line in written(JsonReporter).splitlines()]
    assert [one | {"seconds": 0} for one in told] == [one | {"seconds": 0} for one in alone]
