"""Tar: every dialect is read, nothing hostile passes, and what is written never varies."""

from __future__ import annotations

import hashlib
import io
import tarfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError
from stages.dataset.formats import tar as module
from stages.dataset.formats.inflate import ByteStream
from stages.dataset.formats.tar import END, TarMember, header, looks_like_tar, members, padding
from tests.stages import datasets

LONG = "folder/" * 20 + "é" * 30 + ".bin"


def read(data: bytes) -> dict[TarMember, bytes]:
    stream = ByteStream(io.BytesIO(data), Path("x.tar"))
    return {member: stream.read(member.size) for member in members(stream)}


def names(data: bytes) -> list[str]:
    return [member.name for member in members(ByteStream(io.BytesIO(data), Path("x.tar")))]


def refused(data: bytes) -> str:
    with pytest.raises(DataError) as caught:
        read(data)
    return str(caught.value)


def with_size(data: bytes, size: bytes) -> bytes:
    """The same archive, its first header saying another size."""
    block = data[:124] + size.ljust(12, b"\0") + data[136:512]
    total = sum(block[:148] + b" " * 8 + block[156:])
    return block[:148] + b"%06o\0 " % total + block[156:] + data[512:]


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_dialect_is_read(format):
    content = {"a": b"", "b": b"b" * 512, "c" * 60: b"c" * 1000}
    if format != tarfile.USTAR_FORMAT:
        content[LONG] = b"long"
    found = read(datasets.tar(content, format=format))
    assert found == {
        TarMember(f"{datasets.ROOT}/{name}", len(data), True): data
        for name, data in content.items()
    }


def test_a_long_name_in_two_fields():
    info = tarfile.TarInfo("d" * 120 + "/" + "n" * 60)
    assert names(datasets.tar({"x": info}, format=tarfile.USTAR_FORMAT)) == [info.name]


def test_pax_sizes_and_times_and_global_headers_are_read():
    data = datasets.tar(
        {"a": b"data"}, format=tarfile.PAX_FORMAT, pax_headers={"comment": "of the whole"}
    )
    assert names(data) == [f"{datasets.ROOT}/a"]
    info = tarfile.TarInfo("big")
    info.pax_headers = {"size": "600", "mtime": "1.5"}
    content = datasets.tar({"x": info}, format=tarfile.PAX_FORMAT)
    content = content[: 3 * 512] + b"x" * 600 + bytes(424) + END
    assert read(content) == {TarMember("big", 600, True): b"x" * 600}


def test_links_devices_and_folders_are_no_files():
    kinds = {"1": tarfile.LNKTYPE, "2": tarfile.SYMTYPE, "3": tarfile.CHRTYPE}
    kinds |= {"4": tarfile.BLKTYPE, "5": tarfile.DIRTYPE, "6": tarfile.FIFOTYPE}
    special = {}
    for name, kind in kinds.items():
        special[name] = tarfile.TarInfo(name)
        special[name].type, special[name].linkname = kind, "/etc/passwd"
    found = read(datasets.tar(special | {"a": b"a"}))
    assert [member.is_file for member in found] == [False] * 6 + [True]
    sparse = tarfile.TarInfo("s")
    sparse.pax_headers = {"GNU.sparse.major": "1"}
    (member,) = read(datasets.tar({"s": sparse}, format=tarfile.PAX_FORMAT))
    assert not member.is_file


def test_the_oldest_dialect_ends_folders_with_a_slash():
    data = header("folder/", 0)
    assert [member.is_file for member in read(data + END)] == [False]


def test_what_is_not_read_is_passed_over():
    data = datasets.tar({"a": b"a" * 700, "b": b"b"})
    assert [name[-1] for name in names(data)] == ["a", "b"]


def test_binary_sizes():
    data = datasets.tar({"a": b"a" * 5})
    number = b"\x80" + (5).to_bytes(11, "big")
    assert read(with_size(data, number)) == read(data)
    assert "expected a whole tar archive, with a size that" in refused(
        with_size(data, b"\xff" * 12)
    )
    assert "found '99'" in refused(with_size(data, b"99"))
    assert "found '-1'" in refused(with_size(data, b"-1"))


def test_signed_checksums_of_old_programs():
    data = bytearray(header("a", 0))
    data[0] = 0xC3
    rest = bytes(data[:148]) + b" " * 8 + bytes(data[156:])
    data[148:156] = b"%06o\0 " % (sum(rest) - 256)
    assert looks_like_tar(bytes(data))
    assert not looks_like_tar(bytes(511))


def test_a_cut_is_reported_wherever_it_is():
    data = datasets.tar({"a": b"a" * 700, "b": b"b"})
    end = data.rindex(b"b") + 512 - data.rindex(b"b") % 512  # of the last member's padding
    for at in [*range(0, end, 37), end]:
        assert "x.tar: expected a whole tar archive, with more bytes at byte" in refused(data[:at])
    assert read(data[: end + 512]) == read(data)


def test_a_damaged_header_is_not_taken_for_the_end():
    data = bytearray(datasets.tar({"a": b"a", "b": b"b"}))
    data[1024 + 5] ^= 1
    assert refused(bytes(data)) == (
        "x.tar: expected a whole tar archive, with the header of a member at byte 1536, "
        "found one whose checksum does not fit; get the archive again"
    )


@pytest.mark.long
def test_extended_headers_are_bounded_and_checked():
    def pax(size: int, data: bytes) -> bytes:
        block = bytearray(header("x", size))
        block[156:157] = b"x"
        return with_size(bytes(block), b"%011o" % size) + data + padding(len(data))

    assert "at most 2097152 bytes of extended headers at byte 512, found more" in refused(
        pax(5_000_000, b"")
    )
    assert "at most 2097152 bytes of extended headers" in refused(
        pax(1 << 21, b"4 =\n" * (1 << 19)) * 2
    )
    for data in (b"nonsense", b"99 a=b\n", b"0 a=b\n", b"5 ab\n", b"\xb2 a=b\n", b"2 a=b\n"):
        assert "with an extended header at byte" in refused(pax(len(data), data))
    assert "found 'x'" in refused(pax(9, b"9 size=x\n") + datasets.tar({"a": b""}))


@pytest.mark.long
def test_a_header_of_very_many_records_takes_no_longer_than_reading_it():
    block = bytearray(header("x", 1 << 20))
    block[156:157] = b"x"
    block = with_size(bytes(block), b"%011o" % (1 << 20))
    started = time.process_time()
    read(block + b"4 =\n" * (1 << 18) + datasets.tar({"a": b""}))
    assert time.process_time() - started < 3


def test_numbers_of_members_and_bytes_are_bounded(monkeypatch):
    data = datasets.tar({str(i): b"" for i in range(4)})
    monkeypatch.setattr(module, "MEMBERS", 3)
    assert "with at most 3 members at byte" in refused(data)
    monkeypatch.setattr(module, "MEMBERS", 9)
    monkeypatch.setattr(module, "BYTES", 10_000)
    assert "with at most 10000 bytes at byte" in refused(data + bytes(20_000))
    assert "a size that leaves the archive below 10000 bytes" in refused(
        datasets.tar({"a": bytes(10_000)})
    )


def test_what_is_written_is_what_the_standard_library_reads():
    data = header("folder/a", 5) + b"12345" + padding(5) + END
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        (info,) = archive
        assert (info.name, info.size, info.mode, info.mtime) == ("folder/a", 5, 0o644, 0)
        assert archive.extractfile(info).read() == b"12345"
    assert (
        hashlib.sha256(data).hexdigest()
        == "a28672bce3d5de269ed3c89cb9e025e68f5c9ee044aced70cc1a984683a312d5"
    )


@given(st.data())
def test_any_mutation_is_refused_or_reported_as_a_member(data):
    archive = bytearray(datasets.tar({"a": b"a" * 600, LONG: b"b"}, format=tarfile.PAX_FORMAT))
    for _ in range(data.draw(st.integers(1, 4))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read(bytes(archive[: data.draw(st.integers(0, len(archive)))]))
    except DataError:
        return
    assert all(isinstance(member.name, str) and member.size >= 0 for member in found)
