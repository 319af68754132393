"""How to make the run again, and what identifies it: command, digests, versions, machine."""

from __future__ import annotations

from stages.commands.report.html import Markup, tag
from stages.commands.report.record import Record
from stages.commands.report.sections.parts import command, facts, section, table

LEAD = (
    "The same command gives the same bits on the same machine: every result has one digest, "
    "whatever the number of workers."
)
SHORT = 16


def making(record: Record) -> Markup:
    """The command, and all that its result may be held against."""
    words = {
        "Run": tag("code", record.name),
        "Trained": f"{record.written[:16].replace('T', ' ')} UTC",
        "Machine": record.machine,
        "Versions": ", ".join(f"{name} {version}" for name, version in record.versions.items()),
        "Code of the training": tag("code", record.code[:SHORT]),
    }
    rows = [
        [tag("th", tag("code", name), scope="row"), step.name, tag("code", output["digest"])]
        for step in record.steps
        for name, output in step.outputs.items()
    ]
    return section(
        "making",
        "Make it again",
        LEAD,
        command(record.command, "The command"),
        facts({name: value for name, value in words.items() if value}),
        tag("h3", "Digests of what is stored"),
        table(["artifact", "stage", "SHA-256"], rows, "Digests of artifacts", style="digests"),
    )
