"""Doctor: the machine as the program finds it, and what would make it faster or safer.

For people who set it up, and for reports of faults: `doctor --json` says all in one document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.display import size
from pipeline.cli.table import align

if TYPE_CHECKING:
    from pipeline.cli.definition import Program

WORDS = "The machine, and what would make it faster or safer."
SHARED_LEAST, FREE_LEAST, FSYNC_MOST, FILES_LEAST = 64e6, 1e9, 0.05, 256
GOOD, ADVICE, WRONG = "ok", "advice", "wrong"


def make_command(program: Program) -> click.Command:
    """The command `doctor`: exit status 1 where something does not work."""
    from pipeline.cli.common_flags import common_options
    from pipeline.cli.flags import StageCommand

    kept = [one for one in common_options(()) if one.name in ("artifacts_dir", "as_json")]
    return StageCommand(
        "doctor",
        callback=partial(_doctor, program),
        params=kept,
        help=f"{WORDS} Ends with status 1 where something does not work.",
        example=f"{program.name} doctor --json > doctor.json",
    )


def _doctor(program: Program, artifacts_dir: str, as_json: bool) -> None:
    from pipeline.cli.actions import say
    from pipeline.cli.machine import facts
    from pipeline.cli.session import artifacts_folder
    from pipeline.cli.speaker import AsJson

    found = facts(artifacts_folder(artifacts_dir), program.extras)
    advised = list(advice(found, program.extras))
    found = {"program": f"{program.name} {program.version}", **found}
    document = {**found, "advice": [{"kind": kind, "words": words} for kind, words in advised]}
    say(AsJson(as_json), document, page(found, advised, program.extras))
    if any(kind == WRONG for kind, _ in advised):
        raise SystemExit(1)


def advice(
    found: Mapping[str, Any], extras: Mapping[str, tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """(wrong or advice, a sentence): what does not work, then what could be better."""
    machine, blas, storage = found["machine"], found["blas"], found["storage"]
    if not storage["writable"]:
        yield WRONG, f"{storage['folder']} cannot be written: choose another with --artifacts-dir"
    elif not storage["locks"]:
        yield (
            ADVICE,
            f"the file system of {storage['folder']} has no locks: use it from one machine at a "
            "time, or choose another folder with --artifacts-dir",
        )
    if storage["free"] < FREE_LEAST:
        yield ADVICE, f"{size(storage['free'])} free on the disk: gc --dry-run shows what can go"
    if (storage["fsync_seconds"] or 0) > FSYNC_MOST:
        yield ADVICE, "the disk takes long to write for good: a local one is faster"
    if not storage["shared_memory"]:
        yield ADVICE, "processes can share no memory here: trainings run in one process"
    elif (storage["shared_memory_free"] or SHARED_LEAST) < SHARED_LEAST:
        free = size(storage["shared_memory_free"])
        yield ADVICE, f"{free} of shared memory: give a container more (docker: --shm-size=1g)"
    if not storage["semaphores"]:
        yield ADVICE, "no semaphores here: stages and trials cannot run in processes (--executor)"
    if machine["usable_cores"] < (machine["cores"] or 1):
        yield (
            ADVICE,
            f"{machine['usable_cores']} of {machine['cores']} cores may be used: an affinity or a "
            "quota (docker: --cpus) keeps the others away",
        )
    if (machine["load"] or 0) > 1.5 * machine["usable_cores"]:
        yield ADVICE, f"others use the cores (load {machine['load']:.1f}): times will vary"
    if (machine["open_files"] or FILES_LEAST) < FILES_LEAST:
        yield ADVICE, f"at most {machine['open_files']} open files: raise it with ulimit -n"
    if "openblas" not in blas["library"] and "mkl" not in blas["library"]:
        yield ADVICE, f"NumPy's BLAS is {blas['library']}: the wheels of PyPI bring a faster one"
    if "OPENBLAS_CORETYPE" in found["environment"]:
        yield ADVICE, "OPENBLAS_CORETYPE overrules BLAS's choice of a kernel for this processor"
    for name, there in found["extras"].items():
        if not there:
            purpose, get = extras[name]
            yield ADVICE, f"{name} is not installed: {purpose} need it ({get})"


def page(
    found: Mapping[str, Any],
    advised: list[tuple[str, str]],
    extras: Mapping[str, tuple[str, str]],
) -> str:
    """What a person reads: the facts a line each, then the advice."""
    machine, blas, storage = found["machine"], found["blas"], found["storage"]
    limit = machine["memory_limit"]
    memory = _or_unknown(size, machine["memory"]) + (f", of which {size(limit)}" if limit else "")
    yes: Callable[[Any], str] = lambda good: "yes" if good else "no"  # noqa: E731
    rows = [
        ("program", found["program"]),
        ("system", machine["system"]),
        ("processor", machine["processor"]),
        ("cores", f"{machine['usable_cores']} of {machine['cores']} may be used"),
        ("memory", memory),
        ("BLAS", f"{blas['library']}, {blas['gigaflops_of_a_core']} GFLOP/s a core"),
        ("versions", ", ".join(f"{name} {version}" for name, version in found["versions"].items())),
        ("extras", ", ".join(f"{name} {yes(there)}" for name, there in found["extras"].items())),
        ("store", f"{storage['folder']}: {size(storage['free'])} free"),
        ("locks", yes(storage["locks"])),
        (
            "fsync",
            _or_unknown(lambda seconds: f"{1000 * seconds:.1f} ms", storage["fsync_seconds"]),
        ),
        ("shared memory", _or_unknown(size, storage["shared_memory_free"])),
    ]
    rows += [("environment", f"{name}={value}") for name, value in found["environment"].items()]
    lines = [align((row for row in rows if row[1]), shorten=(1,)), ""]
    lines += [f"{kind}: {words}" for kind, words in advised] or ["nothing to mend, nothing to add"]
    return "\n".join(lines)


def _or_unknown(shown: Callable[[Any], str], value: Any) -> str:
    return "unknown" if value is None else shown(value)
