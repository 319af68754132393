"""What `search` does: from words to combinations, and from results to the best of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.cli.actions import say
from pipeline.cli.config import to_toml
from pipeline.cli.output import echo
from pipeline.cli.place import expect_place
from pipeline.cli.program import Program
from pipeline.cli.session import Session
from pipeline.cli.speaker import expect_one_answer
from pipeline.cli.stdout import stdout_for_results
from pipeline.cli.typed import retyped
from pipeline.errors import ConfigError
from pipeline.search.draws import combinations
from pipeline.search.space import Range, Space, parse_space
from pipeline.settings import Setting
from pipeline.store.durable import replacing
from pipeline.store.troubles import storage_errors
from stages.commands.search import TARGETS
from stages.commands.search.candidates import Candidate, edges
from stages.commands.search.effects import effects
from stages.commands.search.page import page, plan
from stages.commands.search.recipe import save_as_recipe
from stages.commands.search.rounds import Search
from stages.commands.search.table import as_table
from stages.commands.tensorboard.command import open_board

# They decide which images trials are compared on, so no trial may have others than the rest.
SAME_FOR_ALL = ("source", "sha256", "synthetic_size", "val_fraction")
SEED = "seed"


def search(
    program: Program,
    session: Session,
    space: tuple[str, ...],
    trials: int | None,
    search_seed: int,
    halving: int | None,
    save: str | None,
    save_recipe: str | None = None,
    as_csv: bool = False,
    report: str | None = None,
    plot: str | None = None,
    tensorboard: str | None = None,
) -> None:
    """The command's action; its arguments are the flags of command.py."""
    expect_one_answer(session, as_csv)
    _hold_validation_back(session)
    offered = program.pipeline.parameters_of(program.pipeline.upstream(TARGETS))
    dimensions, seeds = _without_seed(
        _parsed(session, parse_space(offered, space, program.synonyms)), session
    )
    candidates = [Candidate(values) for values in combinations(dimensions, trials, search_seed)]
    _begin_with_one_that_can(session, candidates)
    if halving and any(dimension.name == "epochs" for dimension in dimensions):
        raise ConfigError("search: expected --halving to choose the epochs, found epochs=… too")
    for flag, place in (("--save", save), ("--save-recipe", save_recipe)):
        if place is not None:
            expect_place(Path(place), flag)
    if report or plot:
        from stages.commands.report.of_search import expect_places, leave  # they draw

        expect_places(report, plot)
    board = open_board(session, tensorboard) if tensorboard and not session.dry_run else None
    search = Search(session, candidates, seeds, halving, board)
    if session.dry_run:
        say(session, *plan(search.planned(), search.rounds))
        return
    with stdout_for_results():
        found = search.carry_out()
    document = search.document(found) | {"edges": {}, "command": None, "saved": None}
    document |= {"recipe": None, "effects": effects(document["trials"])}
    if not found[0].failure:
        best = found[0].values
        listed = {d.name: d.values for d in dimensions if not isinstance(d.values, Range)}
        document["edges"] = edges(best, listed)
        best = best | ({SEED: seeds[0]} if len(seeds) > 1 else {})
        document["command"] = retyped([program.name, "run"], offered, best)
        if save is not None:
            _save({name: session.settings[name] for name in offered}, best, Path(save))
            document["saved"] = save
        if save_recipe is not None:
            settings = {name: session.settings[name] for name in offered}
            save_as_recipe(document, offered, settings, best, Path(save_recipe))
            document["recipe"] = save_recipe
    text = page(document)
    if report or plot:
        drawn = leave(document, report, plot, session.reporter.warn)
        plot = plot if drawn else None
        document |= {"report": report, "plot": plot}
        text = "\n\n".join(filter(None, [text, drawn]))
        places = {"report": report, "plot": plot}.items()
        text += "".join(f"\n{name}: {place}" for name, place in places if place)
    if as_csv:
        echo(as_table(document))
    else:
        say(session, document, text)
    if found[0].failure:
        raise SystemExit(1)


def _begin_with_one_that_can(session: Session, candidates: Sequence[Candidate]) -> None:
    """Where the flags alone do not go together (--beta2 beside optimizer=adam,adamw), let a
    combination complete them; that none does is a mistake."""
    for values in ({}, *(one.values for one in candidates)):
        with suppress(ConfigError):
            session.check(**values)
            session.change(**{name: Setting(value, "search") for name, value in values.items()})
            return
    session.check(**candidates[0].values)  # raises what is wrong with it


def _parsed(session: Session, dimensions: Space) -> Space:
    for dimension in dimensions:
        if dimension.name in SAME_FOR_ALL or not dimension.parameter.option.affects_result:
            raise ConfigError(
                "search: expected parameters that trainings can be compared in, found "
                f"{dimension.name}; give it as a flag, for all of them"
            )
        if (origin := session.settings[dimension.name].origin).startswith("flag"):
            raise ConfigError(
                f"search: expected {dimension.name} to be given once, found it in what is searched "
                f"and as a {origin}"
            )
    if not session.value("val_fraction"):
        raise ConfigError(
            "search: expected validation images to choose by, found --val-fraction 0; give "
            "--val-fraction 0.2"
        )
    return dimensions


def _hold_validation_back(session: Session) -> None:
    """A recipe trains on all images; a search needs some to choose by."""
    setting = session.settings["val_fraction"]
    if not setting.value and setting.origin.startswith("recipe"):
        usual = session.pipeline.parameters["val_fraction"].default
        session.change(val_fraction=Setting(usual, "search"))
        session.reporter.info(
            f"search holds {usual:.0%} of the training images back, to choose by; "
            f"{setting.origin} trains on all of them"
        )


def _without_seed(space: Space, session: Session) -> tuple[Space, tuple[int, ...]]:
    """What is searched, and the seeds that each combination is trained with."""
    given = [dimension.values for dimension in space if dimension.name == SEED]
    seeds = given[0] if given else (session.value(SEED),)
    if isinstance(seeds, Range):
        raise ConfigError("search: seed: expected seeds, such as seed=0,1,2, found a range")
    rest = tuple(dimension for dimension in space if dimension.name != SEED)
    return rest, seeds


def _save(settings: Mapping[str, Setting], best: Mapping[str, Any], place: Path) -> None:
    """Write the parameters of the best as a file for --config: whole, or what was there stays."""
    chosen = {name: Setting(value, "search") for name, value in best.items()}
    with storage_errors(place, "--save"), replacing(place) as file:
        file.write(to_toml({**settings, **chosen}).encode("utf-8"))
