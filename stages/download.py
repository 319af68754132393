"""Download: from a source to the files of a dataset on this machine."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path

from pipeline.context import QUIET, Context
from pipeline.errors import ConfigError
from pipeline.stage import stage
from pipeline.store.durable import make_folder
from pipeline.store.files import Files
from stages.dataset.formats import kinds
from stages.dataset.formats.layout import shown
from stages.dataset.options import SourceOptions
from stages.dataset.sources import transfer
from stages.dataset.sources.address import file_name
from stages.dataset.sources.origin import ORIGINS
from stages.dataset.sources.paths import is_array
from stages.dataset.sources.resolve import Offline, expect_sha256, is_url, resolve_source
from stages.dataset.sources.synthetic import generate

SYNTHETIC = (
    "THE DATASET IS SYNTHETIC: drawn shapes, not the photographs of CIFAR-10, and no result on it "
    "says anything about them; for those use --source cifar10 (or a folder, a file, a URL)"
)


OFFLINE = "no network: no host of CIFAR-10 answered, hence --source synthetic"


# What a server answers is checked by digests, which the result keeps.
@stage(outputs=("archive",), resolve=resolve_source, uses=["https"])
def download(
    *,
    options: SourceOptions = SourceOptions(),
    context: Context = QUIET,
) -> Files:
    """Bring the dataset to this machine: download it, draw it, or find it where it is.

    Returns the archive, or the files of a folder. Raises `DataError` where the source is not what
    it should be, `StorageError` where the data folder cannot be written.
    """
    found = resolve_source(**vars(options))
    source, sha256, folder = found["source"], found["sha256"], Path(options.data_dir)
    if isinstance(source, Files):
        with suppress(OSError):  # from now on its digest is remembered there
            make_folder(folder)
        return source
    if source == "synthetic":
        if isinstance(source, Offline):
            context.warn(OFFLINE)
        context.warn(SYNTHETIC)
        files = generate(folder, options.synthetic_size, context)
        expect_sha256(files.files[0].path, sha256, files.files[0].sha256)
        return files
    bring = partial(transfer.fetch, check=kinds.check_download, context=context)
    if source in ORIGINS:
        origin = ORIGINS[source]
        own = folder / source if len(origin.files) > 1 else folder
        return Files(
            tuple(
                bring(origin.urls(name), own / name, sha256=sha256 or digest)
                for name, digest in origin.files.items()
            )
        )
    urls = [source]
    if is_array(source):
        if not is_url(found["label"]):
            raise ConfigError(
                "--label: expected the URL of the labels, as --source is one of examples, found "
                f"{shown(found['label']) if found['label'] else 'nothing'}; or put both in one .npz"
            )
        urls.append(found["label"])
    digests = (sha256, None)
    return Files(
        tuple(
            bring((url,), folder / file_name(url), sha256=digest)
            for url, digest in zip(urls, digests, strict=False)
        )
    )
