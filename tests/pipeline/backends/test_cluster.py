"""Real clusters: workers that are processes, one killed; certificates; what is wrong."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections import Counter

import pytest

from pipeline import Program, Store, errors, make_cli, plan, run, run_cli
from tests.pipeline.backends.conftest import digests
from tests.pipeline.backends.processes import Farm, kill, wait_for
from tests.pipeline.maps import SLOW
from tests.pipeline.words import WORDS

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """The names of three PEM files: of an authority, of a certificate of its, and its key."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("tls")
    ca, ca_key, cert, key, asked = (
        str(folder / name) for name in ("ca.pem", "ca-key.pem", "cert.pem", "key.pem", "asked.csr")
    )
    new = [openssl, "req", "-newkey", "rsa:2048", "-nodes"]
    signed = [openssl, "x509", "-req", "-in", asked, "-CA", ca, "-CAkey", ca_key, "-days", "2"]
    for words in (
        [*new, "-x509", "-days", "2", "-subj", "/CN=ca", "-keyout", ca_key, "-out", ca],
        [*new, "-subj", "/CN=test", "-keyout", key, "-out", asked],
        [*signed, "-CAcreateserial", "-out", cert],
    ):
        subprocess.run(words, check=True, capture_output=True)
    return ca, cert, key


@pytest.mark.long
def test_a_worker_that_is_killed_loses_its_group_which_runs_again_elsewhere(tmp_path):
    log = tmp_path / "log"

    def begun():
        return log.read_text().split("\n")[:-1] if log.exists() else []

    with Farm(tmp_path / "farm") as farm:
        workers = [farm.add(name) for name in ("one", "two")]
        found = []
        given = {"cluster": farm.address, "jobs": 3, "seconds": 0.4, "log": str(log)}
        thread = threading.Thread(
            target=lambda: found.append(run(SLOW, store=tmp_path / "there", **given))
        )
        thread.start()
        wait_for(lambda: len(begun()) >= 3)
        victim = next(one for one in workers if begun()[-1].endswith(f" {one.pid}"))
        kill(victim)
        farm.add("late")
        thread.join(120)
    expected = run(SLOW, store=tmp_path / "here", executor="serial")
    assert digests(found[0]) == digests(expected)
    times = Counter(line.split()[0] for line in begun())
    assert len(times) == 12
    again = [number for number, count in times.items() if count > 1]
    lost = {line.split()[0] for line in begun() if line.endswith(f" {victim.pid}")}
    assert set(again) <= lost, "only what the dead worker was at"
    assert len(again) <= 4, "one group"
    assert {one.status for one in run(SLOW, store=tmp_path / "there").stages} == {"cached"}


@pytest.mark.long
def test_texts_on_workers_that_are_processes(texts):
    """Started here: by name, and without the store's folder in common."""
    expected = run(WORDS, store="here", executor="serial")
    found = run(WORDS, store="there", executor="dask", jobs=2)
    assert digests(found) == digests(expected)


@pytest.mark.long
def test_tls(texts, certificates, capsys):
    ca, cert, key = certificates
    words = ("--tls-ca-file", ca, "--tls-cert", cert, "--tls-key", key)
    program = make_cli(Program(WORDS, name="words", help="Words.", version="1.0"))
    with Farm(texts.parent / "farm", words) as farm:
        assert farm.address.startswith("tls://")
        farm.add("one")
        flags = ["run", "--artifacts-dir", "there", "--cluster", farm.address]
        assert run_cli(program, flags) == 2
        assert "expected certificates for TLS, found none; give" in capsys.readouterr().err
        assert run_cli(program, [*flags, "--cluster-tls", f"{ca},{cert},{key}"]) == 0
        found = run(WORDS, store="api", cluster=farm.address, tls=(ca, cert, key))
    assert digests(found) == digests(run(WORDS, store="here"))
    assert digests(found) == digests(run(WORDS, store="there"))


def test_what_is_wrong_with_a_cluster_is_one_line_before_anything_runs(tmp_path, certificates):
    ca, cert, key = certificates
    none = str(tmp_path / "none.pem")
    for given, words in [
        ({"cluster": "head:8786"}, "cluster: expected the address of a Dask scheduler, tcp://"),
        ({"cluster": ""}, "cluster: expected the address of a Dask scheduler, tcp://"),
        ({"cluster": "tcp://head:x"}, "cluster: expected the address of a Dask scheduler, tcp"),
        ({"cluster": "tcp://head:1", "executor": "thread"}, "expected executor dask beside it"),
        ({"tls": (ca, cert, key)}, "cluster: expected executor dask beside it, found thread"),
        ({"cluster": "tls://head:1", "tls": (ca, cert)}, "expected three PEM files, CA,CERT,KEY"),
        ({"cluster": "tls://head:1", "tls": (ca, cert, none)}, "expected a file that can be read"),
        ({"cluster": "tcp://head:1", "tls": (ca, cert, key)}, "expected cluster tls://HOST:PORT"),
        ({"remote": ""}, "remote: expected an address such as s3://bucket/prefix or a folder"),
        (
            {"remote": "file://"},
            "remote: expected an address .* or a folder, found file://; leave",
        ),
        ({"remote": "s3:///"}, "remote: expected an address such .* found s3:///; leave it away"),
        ({"remote": "no://y"}, r"remote: expected an address.* found no://y \(Protocol"),
        ({"remote": "memory://x", "store": Store(tmp_path)}, "remote: expected a folder for"),
    ]:
        with pytest.raises(errors.ConfigError, match=words):
            run(SLOW, **{"store": tmp_path, **given})
    for given, words in [
        ({"cluster": "tls://127.0.0.1:1"}, "expected certificates for TLS, found none"),
        ({"cluster": "tls://127.0.0.1:1", "tls": f"{ca},{ca},{key}"}, "that belong together"),
        ({"cluster": "nope://127.0.0.1:1"}, "found nope://127.0.0.1:1"),
    ]:
        with pytest.raises(errors.ConfigError, match=words):
            run(SLOW, store=tmp_path / "other", **given)
    assert not list(tmp_path.rglob("manifest.json"))


def test_a_remote_from_python(tmp_path):
    pytest.importorskip("fsspec")
    remote = str(tmp_path / "remote")
    assert [one.status for one in plan(SLOW, store=tmp_path / "a", remote=remote)] == ["runs"]
    run(SLOW, store=tmp_path / "a", remote=remote)
    assert [one.status for one in plan(SLOW, store=tmp_path / "b", remote=remote)] == ["cached"]
    found = run(SLOW, store=tmp_path / "b", remote=remote)
    assert list(found["slow"]) == list(range(1, 13))
    assert [one.status for one in found.stages] == ["cached"]
