"""The flags that every command has, and the environment variables that stand for them."""

from __future__ import annotations

from functools import cache
from typing import Any

import click

from pipeline.cli.completion import items
from pipeline.cli.help import COMMON
from pipeline.cli.types import FILE, FOLDER, Choice
from pipeline.executors.placement import EXECUTORS


@cache
def common_options(recipes: tuple[str, ...]) -> tuple[click.Option, ...]:
    """The flags that every command has; their values do not identify any result."""
    options = [
        click.Option(
            ["--artifacts-dir"],
            type=FOLDER,
            metavar="DIR",
            default="artifacts",
            show_default=True,
            envvar="PIPELINE_ARTIFACTS_DIR",
            help="folder of the cached results",
        ),
        click.Option(
            ["--config"],
            type=FILE,
            metavar="FILE",
            help="TOML file with parameters",
            **_env("CONFIG"),
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="one JSON document on stdout"),
        click.Option(["--quiet"], is_flag=True, help="no progress, only warnings and errors"),
        click.Option(["--verbose"], is_flag=True, help="say why, also for what is cached"),
        click.Option(["--dry-run"], is_flag=True, help="say what would run, and why; run nothing"),
        click.Option(
            ["--executor"],
            type=Choice(EXECUTORS),
            help="where stages and trials run  [default: thread; process for trials]",
            **_env("EXECUTOR"),
        ),
        click.Option(
            ["--jobs"],
            type=click.IntRange(1),
            metavar="N",
            help="stages or trials that run at a time  [default: one per core]",
            **_env("JOBS"),
        ),
        click.Option(
            ["--cluster"],
            metavar="ADDRESS",
            help="Dask scheduler, tcp://HOST:PORT  [default: one started here by --executor dask]",
            **_env("CLUSTER"),
        ),
        click.Option(
            ["--cluster-tls"],
            metavar="CA,CERT,KEY",
            help="PEM files for a cluster with TLS  [default: as Dask is configured]",
            **_env("CLUSTER_TLS"),
        ),
        click.Option(
            ["--remote"],
            metavar="ADDRESS",
            help="where results are shared: s3://BUCKET/PREFIX, or what else fsspec reaches",
            **_env("REMOTE"),
        ),
        click.Option(
            ["--keep-going"], is_flag=True, help="after an error, finish what does not need it"
        ),
        click.Option(
            ["--progress", "style"],
            type=Choice(["auto", "bars", "lines", "json", "quiet"]),
            default="auto",
            show_default=True,
            envvar="PIPELINE_PROGRESS",
            help="how progress is reported on stderr",
        ),
        click.Option(
            ["--profile"],
            type=FILE,
            metavar="FILE",
            help="write a CPU profile (pstats) to FILE",
        ),
    ]
    if recipes:
        known = f"named set of parameters: {', '.join(recipes)}, or a TOML file"
        recipe = click.Option(
            ["--recipe"],
            metavar="NAME",
            help=known,
            shell_complete=lambda context, option, typed: items(recipes, typed, files=True),
            **_env("RECIPE"),
        )
        options.insert(2, recipe)
    for option in options:
        vars(option)["section"] = COMMON
    return tuple(options)


def _env(name: str) -> dict[str, Any]:
    return {"envvar": f"PIPELINE_{name}"}


KNOWN_ENVIRONMENT = tuple(
    f"PIPELINE_{name}"
    for name in (
        *("ARTIFACTS_DIR", "CLUSTER", "CLUSTER_TLS", "CONFIG", "EXECUTOR", "JOBS", "PROGRESS"),
        *("RECIPE", "REMOTE"),
    )
)
