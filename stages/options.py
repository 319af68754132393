"""Parameters that several stages share: one name, one meaning, one default."""

from typing import Annotated

from pipeline.stage import Option

DataDir = Annotated[
    str, Option("folder for downloaded and generated datasets", metavar="DIR", affects_result=False)
]
