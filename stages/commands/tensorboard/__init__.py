"""A client of events that writes what TensorBoard reads: curves, and hyperparameters.

    from stages.commands.tensorboard.client import TensorBoard

    with TensorBoard("logs", {"lr": 0.1}) as board:
        board.finish(run(PIPELINE, on_event=board, lr=0.1))

Each training has a folder below `logs`, by the first digits of its fingerprint: the name that
`pipeline runs` lists. Nothing here is part of a fingerprint.
"""
