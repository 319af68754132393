"""What code a result depends on, told from the sources alone.

index.py     CodeIndex: what a function reaches
syntax.py    what of a tree can change a result, and its digest
scopes.py    what a statement refers to
symbols.py   the table of one module
modules.py   where modules lie, and which are the project's
tables.py    the tables, remembered while the files do not change
links.py     references of one module resolved in the others
"""

from pipeline.code.index import CodeIndex

__all__ = ["CodeIndex"]
