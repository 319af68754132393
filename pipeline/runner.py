"""The runner: carries out a plan.

For each stage, in topological order:

    decide     with the digests of what the stages before it made
    cached     use what is stored, read nothing
    runs       take the lock of its key; decide again (another process may have made it meanwhile);
               load the inputs; call the function; write what it returns or yields; forget its state

Since a stage is decided on the content of its inputs, the wave of re-runs stops at the first stage
that makes the same bytes as before.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from typing import Any

from pipeline.context import Context, Progress
from pipeline.errors import MissingArtifact
from pipeline.events.reporter import Reporter
from pipeline.iterate import work_ahead
from pipeline.planner import CACHED, RUNS, Decision, Planner, output_digests
from pipeline.store.durable import check_free_space
from pipeline.store.store import Key, Store
from pipeline.store.values import Writer


@dataclass(frozen=True)
class StageResult:
    """What became of one stage: `status` is cached or ran, `reason` says why."""

    name: str
    status: str
    seconds: float
    reason: str
    key: Key


class Outcome:
    """The results of a run, and the artifacts behind them, loaded when they are asked for."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.stages: list[StageResult] = []
        self.digests: dict[str, str] = {}
        self._keys: dict[str, Key] = {}
        self._manifests: dict[Key, Mapping[str, Any]] = {}

    def __contains__(self, artifact: str) -> bool:
        return artifact in self._keys

    def __getitem__(self, artifact: str) -> Any:
        """The value of an artifact: an array (memory-mapped), a JSON value or `Files`."""
        return self.store.load(self._key(artifact), artifact)

    def record(self, artifact: str) -> dict[str, Any]:
        """What the manifest says of an artifact: kind, digest, dtype, shape, size."""
        return self._manifests[self._key(artifact)]["outputs"][artifact]

    def notes(self, artifact: str) -> dict[str, Any]:
        """The figures that the artifact's stage noted of its own run."""
        return self._manifests[self._key(artifact)]["notes"]

    def path(self, artifact: str) -> str:
        """The file that holds an artifact."""
        return str(self.store.folder(self._key(artifact)) / self.record(artifact)["file"])

    def artifacts(self) -> list[str]:
        """The names of the artifacts, in the order of the flow."""
        return list(self._keys)

    def add(self, result: StageResult, manifest: Mapping[str, Any]) -> None:
        """Take in the result of one more stage."""
        self.stages.append(result)
        self.digests |= output_digests(manifest)
        self._keys |= dict.fromkeys(manifest["outputs"], result.key)
        self._manifests[result.key] = manifest

    def _key(self, artifact: str) -> Key:
        if artifact not in self._keys:
            raise MissingArtifact(f"artifact {artifact!r} is not part of this run")
        return self._keys[artifact]


def run(planner: Planner, targets: Iterable[str], reporter: Reporter) -> Outcome:
    """Bring `targets` (names of stages; none: all) up to date, with everything they need."""
    store = planner.store
    outcome = Outcome(store)
    for stage in planner.pipeline.upstream(targets):
        started = time.perf_counter()
        decision = planner.decide(stage, outcome.digests)
        status, reason = CACHED, decision.reason
        if decision.status == RUNS:
            reporter.stage_started(stage.name, reason)
            with store.lock(decision.key, lambda holder, s=stage: reporter.waiting(s.name, holder)):
                decision = planner.decide(stage, outcome.digests)
                if decision.status == RUNS:
                    status = "ran"
                    _execute(decision, outcome, reporter)
                else:
                    reason = "another process has just made it"
        manifest = store.manifest(decision.key)
        store.touch(decision.key)
        seconds = time.perf_counter() - started
        outcome.add(StageResult(stage.name, status, seconds, reason, decision.key), manifest)
        reporter.stage_finished(stage.name, status, seconds, reason)
    return outcome


def _execute(decision: Decision, outcome: Outcome, reporter: Reporter) -> None:
    stage, store, key = decision.stage, outcome.store, decision.key
    arguments = dict(decision.parameters)
    inputs = [outcome[name] for name in stage.inputs]
    with store.write(key, decision.fields) as writer:
        if stage.takes_context:
            arguments["context"] = _RunContext(store, key, reporter, writer)
        value = stage.function(*inputs, **arguments)
        if inspect.isgenerator(value):
            value = _append_blocks(value, stage.outputs, writer)
        elif len(stage.outputs) == 1:
            value = {stage.outputs[0]: value}
        for name, whole in value.items():
            writer.put(name, whole)
        writer.expect(stage.outputs)
    store.drop_state(key)


def _append_blocks(blocks: Any, outputs: tuple[str, ...], writer: Writer) -> dict[str, Any]:
    """Append what a generator yields; give back what it returns.

    The generator runs in a thread, a block ahead: the next one is made while this one is hashed and
    written.
    """
    rest: dict[str, Any] = {}

    def to_the_end() -> Iterator[Any]:
        rest.update((yield from blocks) or {})

    with closing(work_ahead(to_the_end(), 1)) as made:
        for block in made:
            for name, rows in (block if isinstance(block, dict) else {outputs[0]: block}).items():
                writer.append(name, rows)
    return rest


class _RunContext(Context):
    """The context of a stage that runs: a reporter, and a state under the key of its result."""

    def __init__(self, store: Store, key: Key, reporter: Reporter, writer: Writer) -> None:
        self._store, self._key, self._reporter, self._writer = store, key, reporter, writer

    def progress(
        self, label: str, total: int | None = None, unit: str = "rows"
    ) -> AbstractContextManager[Progress]:
        return self._reporter.progress(label, total, unit)

    def info(self, message: str) -> None:
        self._reporter.info(message)

    def warn(self, message: str) -> None:
        self._reporter.warn(message)

    def check_free_space(self, size: int) -> None:
        check_free_space(self._store.root, size)

    def note(self, **figures: Any) -> None:
        self._writer.notes |= figures

    def load_state(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        state = self._store.load_state(self._key)
        if state is None and self._store.has_state(self._key):
            self.warn(f"the saved state of {self._key.stage} is damaged: it begins anew")
        return state

    def save_state(self, arrays: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        self._store.save_state(self._key, arrays, record)
