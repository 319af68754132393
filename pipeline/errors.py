"""The exceptions of the framework.

    PipelineError             anything the framework itself raises
    ├── UserError             the caller's mistake: reported in one line, exit status 2
    │   ├── ConfigError       a flag, an environment variable or a configuration file
    │   ├── CodeError         a stage depends on what cannot be followed, or has changed meanwhile
    │   ├── OutputError       a stage returns what would not come back as it is
    │   ├── DataError         a file from outside is not what it should be
    │   ├── StorageError      the artifacts folder cannot be written: full, read-only, no rights
    │   └── ExecutorError     what runs stages was lost: a process, or the scheduler of a cluster
    │       └── WorkersDied   whoever made a result, or some items, has died of it
    ├── Interrupted           the user pressed Ctrl-C; exit status 130
    ├── GraphError            stages that do not fit together; raised when a pipeline is built
    ├── MissingArtifact       nothing is stored under this key
    └── CorruptArtifact       what is stored is not what its manifest records

A `UserError` says what was expected, what was found, where, and what to do about it, in one line.
A `CorruptArtifact` that ends a command is reported in a line as well; the next run makes it anew.
Everything else is a bug and keeps its traceback.
"""


class PipelineError(Exception):
    """Anything the framework itself raises."""


class UserError(PipelineError):
    """The caller's mistake. Its message is the one line that the caller reads."""


class ConfigError(UserError):
    """A flag, an environment variable or a configuration file has no meaning."""


class CodeError(UserError):
    """A stage depends on what cannot be followed, or on what has changed since it was loaded."""


class OutputError(UserError):
    """A stage returns what would come back from the store as something else."""


class DataError(UserError):
    """A file from outside is not what it should be."""


class StorageError(UserError):
    """The artifacts folder cannot be written."""


class ExecutorError(UserError):
    """What runs stages and trials was lost: a process was killed, a scheduler is out of reach."""


class WorkersDied(ExecutorError):
    """Whoever tried to make a result died: each worker of a cluster, or a process that did nothing
    else."""


class Interrupted(PipelineError):
    """The user stopped the program."""


class GraphError(PipelineError):
    """Stages that do not fit together."""


class MissingArtifact(PipelineError):
    """Nothing is stored under this key."""


class CorruptArtifact(PipelineError):
    """What is stored is not what its manifest records."""
