"""The command `search`: hyperparameters tried against each other on validation images."""

TARGETS = ("train",)  # the stage that is searched for, with all that it needs
