"""Hostile input: mutated and random bytes through everything that reads a file or a setting.

    make fuzz                                            the whole campaign, a table at its end
    python -m tests.fuzz --inputs 20000 --only model     some of it
    python -m tests.fuzz --only model --input 1234       one input again, with its traceback

    decoders/      what is fed with what, one module per family of formats
    mutate.py      how valid bytes and JSON values are damaged
    guard.py       what an input may not do: write elsewhere, start a program, unpickle, hang
    campaign.py    many inputs, some processes, one table
    guided.py      the same inputs, chosen by coverage (needs atheris)

An input is made from the decoder's name, the campaign's seed and a number, and by nothing else; so
three words in a report are enough to have it again. A decoder may refuse an input by the errors
that it declares. Everything else is a finding.
"""
