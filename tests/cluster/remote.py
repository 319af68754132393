"""A remote with S3's interface: cut at many points, changed after a push, used by two at once."""

from __future__ import annotations

import hashlib
import random
import threading
from collections import Counter
from pathlib import Path

from pipeline import run
from pipeline.errors import UserError
from pipeline.store.key import Key
from pipeline.store.manifest import read_manifest
from pipeline.store.remote import Remote
from pipeline.store.with_remote import StoreWithRemote
from tests.cluster.s3 import BUCKET, Bucket, Proxy, go_through, s3_server
from tests.pipeline.backends.flow import FLOW

FACTORS = (1.0, 2.0, 3.0)
HARMS = ("a bit", "half of it", "all of it", "another's bytes", "gone")


class Fetching(Remote):
    """A remote that remembers which objects arrived whole."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.arrived: Counter[str] = Counter()

    def fetch(self, sha256: str, size: int, place: Path) -> None:
        super().fetch(sha256, size, place)
        self.arrived[sha256] += 1


class Machine(StoreWithRemote):
    """A store on some machine, what it noted, and which stages of a flow it has run."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self.notes: list[str] = []
        self.ran: Counter[str] = Counter()
        super().__init__(folder, Fetching(f"s3://{BUCKET}/{prefix}"), self.notes.append)

    def use(self) -> dict[float, dict[str, float]]:
        """Three runs of the flow: their results."""
        found = {f: run(FLOW, store=self, executor="serial", factor=f) for f in FACTORS}
        for outcome in found.values():
            self.ran.update(one.name for one in outcome.stages if one.status == "ran")
        return {f: outcome["total"] for f, outcome in found.items()}

    def push(self) -> None:
        """What `pipeline push --all` does."""
        for path in self.results():
            self.share(Key(path.parent.name, read_manifest(path)["fingerprint"]))


def cut_and_changed(folder: Path, cuts: int, seed: int = 0) -> list[str]:
    """Cut the connection at so many points on each way, change bytes, push from two at once."""
    drawn, wrong = random.Random(seed), []
    expected = {f: run(FLOW, store=folder / "alone", factor=f)["total"] for f in FACTORS}
    with s3_server() as port:
        bucket, proxy = Bucket(port), Proxy(port)
        go_through(proxy.port)
        Machine(folder / "first", "whole/").use()
        longest, sent = proxy.pieces, set(bucket.objects("whole/"))
        proxy.begin()
        Machine(folder / "second", "whole/").use()
        print(f"  {len(sent)} objects: {longest} pieces out, {proxy.pieces} back", flush=True)
        points = [1 + number * longest // cuts for number in range(cuts)]
        back = [1 + number * proxy.pieces // cuts for number in range(cuts)]
        late = 0
        for number, pair in enumerate(zip(points, back, strict=True)):
            found, broke_off = cut(folder / f"cut-{number}", bucket, proxy, pair, expected, sent)
            wrong += found
            late += not broke_off
            if not (number + 1) % 10:
                after = f", {late} after the last object had gone" * bool(late)
                print(f"  {number + 1} cuts on each way{after}: {len(wrong)} wrong", flush=True)
        if late > max(1, cuts // 10):
            wrong.append(f"{late} of {cuts} cuts broke nothing off")
        for number in range(max(2, cuts // 5)):
            wrong += changed(folder / f"changed-{number}", bucket, drawn, expected)
            wrong += both_at_once(folder / f"both-{number}", bucket, expected, sent)
        proxy.close()
    return wrong


def cut(
    folder: Path, bucket: Bucket, proxy: Proxy, points, expected, sent
) -> tuple[list[str], bool]:
    """Break off while one machine sends, and while another one fetches; both go on later. What was
    wrong, and whether sending had been broken off before the last object had gone."""
    prefix, wrong = f"{folder.name}/", []
    proxy.begin(points[0])
    if Machine(folder / "one", prefix).use() != expected:
        wrong.append("sending was cut: another result")
    before = bucket.times_sent(prefix)
    proxy.begin()
    Machine(folder / "one", prefix).push()
    wrong += [f"an object was sent {n} times" for n in bucket.times_sent(prefix).values() if n > 1]
    if set(bucket.objects(prefix)) != sent:
        wrong.append(f"sending went on: lost {sorted(sent - set(bucket.objects(prefix)))}")
    proxy.begin(points[1])
    cut_off = Machine(folder / "two", prefix)
    wrong += [] if cut_off.use() == expected else ["fetching was cut: another result"]
    proxy.begin()
    later = Machine(folder / "two", prefix)
    wrong += [] if later.use() == expected else ["fetching went on: another result"]
    arrived = cut_off.remote.arrived + later.remote.arrived
    wrong += [f"an object arrived {count} times" for count in arrived.values() if count > 1]
    if later.notes or later.ran:
        wrong.append(f"fetching went on: notes {later.notes}, made anew {dict(later.ran)}")
    if any(count > 1 for count in bucket.times_sent(prefix).values()):
        wrong.append("whole objects were sent again")
    return [f"{prefix} {one}" for one in wrong], len(before) < len(sent)


def changed(folder: Path, bucket: Bucket, drawn: random.Random, expected) -> list[str]:
    """Change some objects after a push: nobody gets them, and who makes them anew mends them."""
    prefix, wrong = f"{folder.name}/", []
    Machine(folder / "one", prefix).use()
    objects = bucket.objects(prefix)
    for path, data in objects.items():
        place, harm = f"{BUCKET}/{prefix}{path}", drawn.choice((*HARMS, "none", "none"))
        if harm == "gone":
            bucket.fs.rm_file(place)
        elif harm == "a bit":
            flipped = bytearray(data)
            flipped[drawn.randrange(len(data))] ^= 1 << drawn.randrange(8)
            bucket.fs.pipe_file(place, bytes(flipped))
        elif harm != "none":
            cut_off = {"half of it": data[: len(data) // 2], "all of it": b""}
            bucket.fs.pipe_file(place, cut_off.get(harm, drawn.choice(list(objects.values()))))
    if Machine(folder / "two", prefix).use() != expected:
        wrong.append("changed bytes: another result")
    # A manifest that is gone hides damage of its objects from the second; the third one meets it.
    if Machine(folder / "three", prefix).use() != expected:
        wrong.append("after changed bytes: another result")
    last = Machine(folder / "four", prefix)
    if last.use() != expected or last.notes or last.ran:
        wrong.append(f"not mended: notes {last.notes}, made anew {dict(last.ran)}")
    return [f"{prefix} {one}" for one in wrong + not_whole(bucket, prefix)]


def both_at_once(folder: Path, bucket: Bucket, expected, sent) -> list[str]:
    """Two machines send what both have made, and two more use it, all at the same time."""
    prefix, found = f"{folder.name}/", []
    machines = [Machine(folder / name, prefix) for name in ("one", "two", "three", "four")]
    for machine in machines[:2]:
        for factor in FACTORS:
            run(FLOW, store=machine.root, executor="serial", factor=factor)

    def go(machine: Machine, sends: bool) -> None:
        try:
            if sends:
                machine.push()
            found.append(machine.use() == expected)
        except (UserError, OSError) as error:
            found.append(error)

    given = zip(machines, (True, True, False, False), strict=True)
    threads = [threading.Thread(target=go, args=one) for one in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong = [f"at once: {one}" for one in found if one is not True]
    wrong += [f"at once: {note}" for machine in machines for note in machine.notes]
    if set(bucket.objects(prefix)) != sent:
        wrong.append("at once: something is lost")
    return [f"{prefix} {one}" for one in wrong + not_whole(bucket, prefix)]


def not_whole(bucket: Bucket, prefix: str) -> list[str]:
    """The objects that are not what their names say."""
    return [
        f"damaged: {path}"
        for path, data in bucket.objects(prefix).items()
        if path.startswith("objects/") and hashlib.sha256(data).hexdigest() != path[-64:]
    ]
