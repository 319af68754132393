"""What a result depends on: the code that it reaches, and what a stage is seen to read.

README.md beside this file says what is followed, observed and refused, and which file does what.
"""

from pipeline.code.index import CodeIndex

__all__ = ["CodeIndex"]
