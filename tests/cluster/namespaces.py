"""Network and mount namespaces, in which a process has an address and folders of its own.

Their names have the number of this process: campaigns beside each other have networks of their own.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OWN = f"{os.getpid() % 100_000}"  # in the names of interfaces, which have 15 characters
BRIDGE, NETWORK = f"plb{OWN}", f"10.213.{os.getpid() % 250}"
TRY = f"pl-try-{OWN}"


@contextmanager
def namespaces(folders: dict[str, Path]) -> Iterator[dict[str, tuple[str, tuple[str, ...]]]]:
    """A namespace for each folder: its address, and the words that start a process in it, which
    sees nothing in the folders of the others."""
    made = []
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    try:
        run("ip", "addr", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
        found = {}
        for number, name in enumerate(folders, 2):
            space, inner, outer = f"pl-{OWN}-{name}", f"pli{OWN}-{number}", f"plo{OWN}-{number}"
            run("ip", "netns", "add", space)
            made.append(space)
            run("ip", "link", "add", outer, "type", "veth", "peer", "name", inner)
            run("ip", "link", "set", inner, "netns", space)
            run("ip", "link", "set", outer, "master", BRIDGE, "up")
            address = f"{NETWORK}.{number}"
            inside = ("ip", "netns", "exec", space)
            run(*inside, "ip", "addr", "add", f"{address}/24", "dev", inner)
            run(*inside, "ip", "link", "set", inner, "up")
            run(*inside, "ip", "link", "set", "lo", "up")
            others = [folder for other, folder in folders.items() if other != name]
            found[name] = address, (*inside, *hidden(others))
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        yield found
    finally:
        for space in made:
            run("ip", "netns", "del", space, check=False)
        run("ip", "link", "del", BRIDGE, check=False)


def hidden(folders: list[Path]) -> tuple[str, ...]:
    """What starts a process that sees nothing in these folders."""
    mounts = " && ".join(f"mount -t tmpfs none '{folder}'" for folder in folders)
    return ("unshare", "-m", "sh", "-c", f'{mounts} && exec "$@"', "sh")


def can_separate() -> bool:
    """Whether network and mount namespaces can be made here."""
    try:
        run("ip", "netns", "add", TRY)
    except (OSError, subprocess.CalledProcessError):
        return False
    try:
        run("ip", "netns", "exec", TRY, "unshare", "-m", "true")
        run("ip", "link", "add", f"plt{OWN}", "type", "bridge")
        run("ip", "link", "del", f"plt{OWN}")
    except (OSError, subprocess.CalledProcessError):
        return False
    finally:
        run("ip", "netns", "del", TRY, check=False)
    return True


def run(*words: str, check: bool = True) -> None:
    """Run a command of the system's."""
    subprocess.run(words, check=check, capture_output=True)
