"""Download: from a source to the files of a dataset on this machine."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.context import QUIET, Context
from pipeline.stage import stage
from pipeline.store.files import Files
from stages.dataset.formats.members import check_archive
from stages.dataset.sources.origin import OFFICIAL_NAME, OFFICIAL_URLS
from stages.dataset.sources.resolve import expect_sha256, resolve_source
from stages.dataset.sources.synthetic import generate
from stages.dataset.sources.transfer import fetch
from stages.options import SourceOptions

SYNTHETIC = (
    "THE DATASET IS SYNTHETIC: drawn shapes, not the photographs of CIFAR-10, and no result on it "
    "says anything about them; for those use --source cifar10 (or PATH, or URL)"
)


@stage(outputs=("archive",), resolve=resolve_source)
def download(
    *,
    options: SourceOptions = SourceOptions(),
    context: Context = QUIET,
) -> Files:
    """Bring the dataset to this machine: download it, draw it, or find it where it is.

    Returns the archive, or the files of a folder. Raises `DataError` where the source is not what
    it should be, `StorageError` where the data folder cannot be written.
    """
    found = resolve_source(**asdict(options))
    source, sha256, folder = found["source"], found["sha256"], Path(options.data_dir)
    if isinstance(source, Files):
        return source
    if source == "synthetic":
        context.warn(SYNTHETIC)
        files = generate(folder, options.synthetic_size, context)
        expect_sha256(files.files[0].path, sha256, files.files[0].sha256)
        return files
    if source == "cifar10":
        urls, name = OFFICIAL_URLS, OFFICIAL_NAME
    else:
        urls, name = (source,), name_for(source)
    return Files((fetch(urls, folder / name, sha256=sha256, check=check_archive, context=context),))


def name_for(url: str) -> str:
    """A file name for what is at `url`: its last part, made plain, after some digits of its own."""
    last = re.sub(r"[^A-Za-z0-9._-]+", "-", urlsplit(url).path.rsplit("/", 1)[-1])[-80:]
    return f"{hashlib.sha256(url.encode()).hexdigest()[:8]}-{last or 'archive'}"
