"""The program: from the CIFAR-10 archive to a trained, evaluated and serialized network.

Each stage takes the artifacts that its arguments name and makes those that it declares; the names
are the wiring. Read the stages in this order; `pipeline graph` draws them.

Every arrow is an artifact in a file. The stream begins inside `train`: batches of row numbers
(batches.py), whose rows the workers gather (neuralnet/trainer.py), an epoch after the other.
"""

from __future__ import annotations

from pipeline.cli.program import Alternative, Program
from pipeline.graph import Pipeline
from stages.commands import add as commands
from stages.commands.lr_find.stage import lr_find
from stages.commands.notes import NOTES
from stages.commands.runs.labels import tagged
from stages.commands.sections import EXAMPLES, EXTRAS
from stages.commands.summary import render, summarize
from stages.commands.synonyms import SYNONYMS
from stages.decode import decode
from stages.download import download
from stages.evaluate import evaluate
from stages.modelfile.load import load, settings_of
from stages.preprocess import preprocess
from stages.serialize import serialize
from stages.split import split
from stages.standardize import standardize
from stages.train import train
from stages.training.together import check_steps, check_training
from stages.whiten import whiten

PIPELINE = Pipeline(
    download,  #    a source                  → archive
    decode,  #      archive                   → images, labels, dataset
    preprocess,  #  images                    → features
    split,  #       labels                    → train_rows, validation_rows, test_rows
    standardize,  # features, train_rows      → standardization
    whiten,  #      features, train_rows      → whitening
    train,  #       features, labels, rows    → parameters, training; in it the stream of batches
    evaluate,  #    features, parameters      → evaluation
    serialize,  #   parameters and constants  → model
    lr_find,  #     features, labels, rows    → lr_range
    aliases={"preprocess": ("split", "whiten")},  # up to where training can start
    optional=("lr-find",),  # what `run` does without
    checks={"train": check_training, "lr-find": check_steps},
    synonyms=SYNONYMS,
)

# With --load, a saved model takes the place of the training.
LOADED = Pipeline(download, decode, preprocess, split, load, evaluate)

PROGRAM = Program(
    PIPELINE,
    name="pipeline",
    help="Train a network on CIFAR-10 as a cached, reproducible dataflow.",
    version=commands.VERSION,
    recipes=commands.RECIPES,
    variables=("PIPELINE_SAVE", "PIPELINE_TENSORBOARD"),
    alternatives={"load": Alternative(LOADED, settings_of)},
    examples=EXAMPLES,
    synonyms=PIPELINE.synonyms,
    notes=NOTES,
    tries="search",
    protected=tagged,
    protected_words="A training with a tag (pipeline tag RUN TAG) always stays.",
    extras=EXTRAS,
    summarize=summarize,
    render=render,
)
