"""Optimizers: how parameters move along their gradients.

The protocol, stated once:

    slots                             number of arrays, as long as the parameters and 0 at first,
                                      that are kept from step to step
    scale(lr)                         factor that gradients are wanted multiplied by
    coefficients(lr, previous, count) the numbers that one step needs, the same for all blocks;
                                      previous: learning rate of the last step (of this one at
                                      the first); count: steps done before
    update(parameters, gradients, slots, coefficients, decay)
                                      a flat block, in place. gradients may be overwritten;
                                      decay: False spares the block regularisation (biases)
    matrices                          whether weight matrices of hidden layers are wanted whole, or
                                      at least their columns, by the two below
    update_matrix(W, G, slots, coefficients, scratch)
                                      a matrix (inputs, outputs), in place, with its gradient G,
                                      slots (slots, inputs, outputs) and flat scratch
    scratch(inputs, outputs)          how much scratch that is

All have the fields l2 and weight_decay (regularization.py). An optimizer is called for many small
blocks, each one just after its gradient was formed and while it is in the processor's cache.
`update` treats every element alike, so the blocks do not matter.
"""

from __future__ import annotations

from typing import Any

from .adam import Adam, AdamW
from .averaging import Averaged
from .lion import Lion
from .muon import Muon
from .rmsprop import RMSprop
from .sgd import SGD

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adam",
    "AdamW",
    "Averaged",
    "Lion",
    "Muon",
    "RMSprop",
    "make_optimizer",
]

OPTIMIZERS: dict[str, type[Any]] = {
    "sgd": SGD,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
    "lion": Lion,
    "muon": Muon,
}


def make_optimizer(name: str, **options: Any) -> Any:
    """The optimizer called `name`, with options that are fields of it; None: its default.

    ValueError for an unknown name, an option that this optimizer lacks, and a senseless number.
    """
    if name not in OPTIMIZERS:
        raise ValueError(f"optimizer: expected one of {', '.join(OPTIMIZERS)}, found {name!r}")
    given = {option: value for option, value in options.items() if value is not None}
    known = OPTIMIZERS[name].__match_args__  # the names of its fields
    for option in given:
        if option not in known:
            expected = ", ".join(known)
            raise ValueError(f"options of {name}: expected one of {expected}, found {option!r}")
    return OPTIMIZERS[name](**given)
