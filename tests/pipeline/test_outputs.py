"""Outputs: stored as they were when they were made, or refused with the name of the stage."""

import numpy as np
import pytest

from pipeline.errors import OutputError
from pipeline.events.reporter import Reporter
from pipeline.graph import Pipeline
from pipeline.runner import run
from pipeline.stage import stage


def test_a_block_whose_memory_is_used_again_is_stored_as_it_was(planner):
    @stage(outputs=("out",))
    def blocks():
        buffer = np.zeros((1, 2))
        for number in range(6):
            buffer[:] = number
            yield buffer

    outcome = run(planner(Pipeline(blocks)), (), Reporter())
    assert outcome["out"][:, 0].tolist() == [0, 1, 2, 3, 4, 5]


def test_an_output_is_refused_with_the_name_of_the_stage(planner):
    @stage(outputs=("out",))
    def empty():
        pass

    with pytest.raises(OutputError, match=r"stage empty: output 'out': .* found NoneType"):
        run(planner(Pipeline(empty)), (), Reporter())
