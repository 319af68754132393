"""Little projects for tests: sources in a folder, edited and asked what a function reaches."""

import types
from pathlib import Path
from textwrap import dedent

from pipeline.code import CodeIndex

PROJECT = {
    "proj/__init__.py": "from .tools import Tool as PublicTool\n",
    "proj/work.py": '''
        """A module docstring."""
        from __future__ import annotations
        import math
        import numpy as np
        import proj.deep.inner
        from typing import TYPE_CHECKING
        from proj import PublicTool, shapes
        from .helpers import first as start
        from .consts import *
        from .registry import TABLE
        from pipeline.errors import DataError
        from pipeline.stage import stage
        if TYPE_CHECKING:
            from proj.unused import Hint

        DEFAULT = 3

        @stage(outputs=("result",))
        def main(images: Hint, *, size: int = DEFAULT) -> Hint:
            """Do it."""
            from proj.lazy import late
            value: int = start(images) + FACTOR  # a comment
            if value < 0:
                raise DataError("negative")
            return PublicTool(late(value)), shapes.area(size), TABLE["a"], proj.deep.inner.leaf()

        def unrelated():
            return math.sin(1)
        ''',
    "proj/helpers.py": """
        def first(x):
            return second(x)

        def second(x):
            return third(x)

        def third(x):
            return x + 1

        def never(x):
            return 0
        """,
    "proj/consts.py": "FACTOR = 2\nOTHER = 5\n",
    "proj/tools.py": """
        from . import bases

        class Tool(bases.Base):
            size: int = 1

            def go(self):
                return self.size
        """,
    "proj/bases.py": "class Base:\n    level = 1\n\n\nclass Stranger:\n    pass\n",
    "proj/registry.py": """
        def a(): return 1
        def b(): return 2
        TABLE = {"a": a}
        TABLE["b"] = b
        """,
    "proj/shapes.py": "def area(n):\n    return n * n\n\n\ndef volume(n):\n    return n ** 3\n",
    "proj/lazy.py": "def late(x):\n    return x\n",
    "proj/deep/__init__.py": "",
    "proj/deep/inner.py": "def leaf():\n    return 0\n",
    "proj/unused.py": "class Hint:\n    pass\n",
}


class Folder:
    """A folder of sources that can be edited, and asked what a function in it reaches."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert old in text
        (self.root / name).write_text(text.replace(old, new))

    def function(self, name: str, module: str, qualname: str) -> types.FunctionType:
        """The function, as its module would make it, without running the module."""
        path = self.root / name
        inner = [code for code in compile(path.read_text(), str(path), "exec").co_consts
                 if isinstance(code, types.CodeType)]  # fmt: skip
        code = next(code for code in inner if code.co_name in (qualname, "<lambda>"))
        function = types.FunctionType(code, {"__name__": module}, qualname)
        function.__qualname__ = qualname
        return function

    def reached(self, name="proj/work.py", module="proj.work", qualname="main", **options):
        return CodeIndex(**options).reached(self.function(name, module, qualname)).symbols


def changed(old: dict[str, str], new: dict[str, str]) -> set[str]:
    return {name for name in old | new if old.get(name) != new.get(name)}


def reached(folder, text, **files) -> dict[str, str]:
    folder.write({f"{name}.py": content for name, content in {"m": text, **files}.items()})
    return folder.reached("m.py", "m", "f")


def names(folder, text, **files) -> set[str]:
    return set(reached(folder, text, **files))
