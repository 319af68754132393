"""The commands `push` and `pull`: results to the remote and from it, beside what every run does."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import display
from pipeline.cli.session import Session
from pipeline.errors import ConfigError, CorruptArtifact, MissingArtifact
from pipeline.planner import CACHED
from pipeline.store.key import Key
from pipeline.store.manifest import read_manifest

if TYPE_CHECKING:
    from pipeline.store.with_remote import StoreWithRemote

ALL = click.Option(
    ["--all", "everything"], is_flag=True, help="all that is stored, not only what the flags name"
)


def push(session: Session, everything: bool) -> tuple[dict[str, Any], str]:
    """Send the results of the flow, or all, that the remote lacks; the document and the text."""
    store, sent, total = _store_of(session), [], 0
    keys = _stored(session) if everything else [key for key in _flow(session) if store.is_here(key)]
    with session.reporter.progress("push", len(keys), "results") as progress:
        for key in keys:
            size = 0
            with suppress(CorruptArtifact, MissingArtifact):  # it is made anew by who needs it
                size = store.share(key)
            if size:
                sent.append(str(key))
                total += size
            progress.advance()
    session.reporter.close()
    text = f"{len(sent):,} of {len(keys):,} results sent, {display.size(total)}"
    document = {"sent": sent, "bytes": total, "results": len(keys)}
    return document, f"{text}; the others are there, or of this machine alone"


def pull(session: Session) -> tuple[dict[str, Any], str]:
    """Fetch the results of the flow that are only in the remote; the document and the text."""
    store = _store_of(session)
    keys = [key for key in _flow(session) if not store.is_here(key)]
    with session.reporter.progress("pull", len(keys), "results") as progress:
        for key in keys:
            store.bring(key)
            progress.advance()
    session.reporter.close()
    fetched = list(map(str, store.brought))  # some by the plan, which looked for items in them
    outputs = [one for key in store.brought for one in store.manifest(key)["outputs"].values()]
    total = sum(one["size"] for one in outputs)
    text = f"{len(fetched):,} results fetched, {display.size(total)}"
    if first := next((one for one in session.plan() if one.status != CACHED), None):
        text += (
            f"; {first.stage.name} is not there, and what depends on it is known once it has run: "
            "`run` makes it, and fetches the rest"
        )
    return {"fetched": fetched, "bytes": total}, text


def _store_of(session: Session) -> StoreWithRemote:
    from pipeline.store.with_remote import StoreWithRemote

    store = session.store
    if not isinstance(store, StoreWithRemote):
        raise ConfigError(
            "expected the address of a remote, found none; give --remote s3://BUCKET/PREFIX, or "
            "set PIPELINE_REMOTE"
        )
    store.required = True
    return store


def _flow(session: Session) -> list[Key]:
    """The results of the flow with the given flags that are stored, here or there."""
    return [one.key for one in session.plan() if one.status == CACHED and one.key]


def _stored(session: Session) -> list[Key]:
    """All results that are stored here, whole."""
    store, keys = _store_of(session), []
    for folder in store.results():
        with suppress(CorruptArtifact, MissingArtifact, KeyError):
            manifest = read_manifest(folder)
            keys.append(Key(manifest["fields"]["stage"], manifest["fingerprint"]))
    return [key for key in keys if store.is_here(key)]
