"""The command `search`: hyperparameters tried against each other on validation images."""
