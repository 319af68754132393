"""Paths: which files of a folder are a dataset, and which file belongs to another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import DataError
from pipeline.store.files import DigestCache, Files, identify
from stages.dataset.formats import arrays, cifar100, idx, kinds, layout
from stages.dataset.formats.layout import shown
from stages.dataset.formats.listing import is_picture
from stages.dataset.sources.folder import list_folder

PARTNERS = {"x": "y", "images": "labels", "features": "labels", "data": "labels"}


def files_of_folder(path: Path, names: Sequence[str], data_dir: Path) -> Files:
    """The files of the dataset in a folder with entries of these names, in order.

    Of images by class, their listing. Raises `DataError` where there is no dataset.
    """
    cache = DigestCache(data_dir / ".digests.json")
    kind = kinds.kind_of_names(name for name in names if not name.startswith("."))
    if kind == "cifar10":
        layout.expect_both(names, path)
        known = sorted((name for name in names if layout.is_known(name)), key=layout.rank)
        return identify(*(path / name for name in known), cache=cache)
    of_kind = {"cifar100": cifar100.is_known, "idx": idx.is_known, "arrays": arrays.is_known}
    if kind in of_kind and any(map(of_kind[kind], names)):
        known = [name for name in names if of_kind[kind](name)]
        if kind == "arrays":
            _expect_no_classes(path, names, known[0])
        return identify(*(path / name for name in known), cache=cache)
    folders = [name for name in names if not name.startswith(".") and (path / name).is_dir()]
    if folders:
        return list_folder(path, data_dir)
    lone = [name for name in names if kinds.is_table(name) or name.lower().endswith(".npz")]
    hint = f"name the file itself: --source {path / lone[0]}" if lone else "check the path"
    raise DataError(
        f"{path}: expected images in folders by class, the files of a dataset (of CIFAR's or "
        f"MNIST's layout), or X.npy and y.npy, found {kinds.listed(names)}; {hint}"
    )


def _expect_no_classes(path: Path, names: Sequence[str], array: str) -> None:
    """Raise `DataError` where images in folders by class lie beside arrays: either may be meant."""
    classes = [name for name in names if not name.startswith(".") and _has_pictures(path / name)]
    if len(classes) > 1:
        raise DataError(
            f"{path}: expected arrays, or images in folders by class, found both, {shown(array)} "
            f"and images in {kinds.listed(classes)}; move the arrays elsewhere, or name the file "
            "of the examples with --source"
        )


def _has_pictures(folder: Path, deep: int = 2) -> bool:
    """Whether images are in a folder, or in one that is in it."""
    if not folder.is_dir():
        return False
    inside = [one for one in folder.iterdir() if not one.name.startswith(".")]
    return any(is_picture(one.name) for one in inside) or (
        deep > 1 and any(_has_pictures(one, deep - 1) for one in inside)
    )


def is_array(source: str) -> bool:
    """Whether a path or a URL names a .npy file."""
    return source.partition("?")[0].lower().endswith(".npy")


def partners(path: Path, label: str) -> list[Path]:
    """The files that belong to the one at `path`: to examples in a .npy file, their labels."""
    if not is_array(path.name):
        return []
    if label:
        return [Path(label).expanduser()]
    name = PARTNERS.get(path.stem.lower())
    for candidate in (name, name and name.upper()):
        if candidate and (found := path.with_name(f"{candidate}.npy")).exists():
            return [found]
    raise DataError(
        f"{path}: expected the labels beside it, in {name or 'y'}.npy, found none; name their file "
        "with --label"
    )
