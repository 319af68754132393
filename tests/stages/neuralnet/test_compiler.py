"""numba: what is said where it cannot compile, and that what it keeps on disk harms nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from types import FunctionType, SimpleNamespace

import numpy as np
import pytest

from stages.neuralnet import Trainer, compiler, expect_numba
from stages.neuralnet.step import compiled
from tests.imports import ROOT

from .step.differences import PLAIN, data, make

UNFIT = [
    ("raise ImportError('Numba needs NumPy 2.2 or less. Got NumPy 2.4.')", "ImportError: Numba ne"),
    ("raise SystemError('initialization failed')", "imported: SystemError: initialization failed;"),
    ("import nosuch", "imported: ModuleNotFoundError: No module named 'nosuch'; mend that, or"),
    ("raise ValueError('1\\n2')", "cannot be imported: ValueError: 1 2; mend that, or install it"),
    ("__version__ = '0.60.1'; njit = None", "from 0.61 on, found 0.60.1; install it with: pip in"),
    ("", "from 0.61 on, found none; install it with: pip install 'cifar-pipeline[compiled]'"),
    (
        "__version__ = '0.61.0'; njit = None\nclass config: DISABLE_JIT = 1",
        "needs numba to compile, found NUMBA_DISABLE_JIT=1 in the environment; unset it",
    ),
]


@pytest.mark.parametrize(("source", "words"), UNFIT, ids=range(len(UNFIT)))
def test_a_numba_that_cannot_compile_is_refused_in_one_line(source, words, tmp_path, monkeypatch):
    (tmp_path / "numba.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "numba", None)  # to have back what is there now
    del sys.modules["numba"]
    with pytest.raises(ImportError, match=re.escape(words)) as caught:
        expect_numba()
    assert "\n" not in str(caught.value)
    assert caught.value.name == "numba"
    with pytest.raises(ImportError, match="kernels='numba' needs "):
        Trainer(make("batch", "gelu"), PLAIN, *data(30), kernels="numba")


def test_the_least_version_is_that_of_the_extra():
    text = (ROOT / "pyproject.toml").read_text()
    assert f'"numba>={".".join(map(str, compiler.LEAST))}"' in text


CALL = """
import sys
import numpy as np
from stages.neuralnet.step import compiled
F = np.float32
n = 1003
rng = np.random.default_rng(0)
z = rng.standard_normal((1, n)).astype(F)
rest = [np.zeros((1, n), F), np.zeros((1, n), F), *(np.ones(1, F) for _ in range(5))]
compiled.compiled(compiled.batch_norm_gelu)(z, *rest, n, F(0.1), F(1e-5))
print(z.tobytes().hex())
"""


@pytest.fixture
def bits(tmp_path):
    """The bits of a loop in a process of its own, which keeps code in `kept`."""
    pytest.importorskip("numba", reason="needs numba (extra: compiled)")

    def call(**variables):
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kept")} | variables
        done = subprocess.run(
            [sys.executable, "-c", CALL], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return call


@pytest.mark.long
def test_no_environment_leaves_code_for_another(bits):
    """NUMBA_OPT=0 adds in another order; who comes later without it must not take that up."""
    other = bits(NUMBA_OPT="0")
    assert bits() == bits() != other
    assert bits(NUMBA_OPT="0") == other


@pytest.mark.long
def test_what_is_damaged_is_compiled_again(bits, tmp_path):
    expected = bits()
    index, code = (next((tmp_path / "kept").rglob(f"*.{end}")) for end in ("nbi", "nbc"))
    whole = {path: path.read_bytes() for path in (index, code)}
    for path, length in ((code, 300), (code, 0), (index, 10), (index, 0)):
        path.write_bytes(whole[path][:length])
        assert bits() == expected
        assert len(path.read_bytes()) > length  # mended


def test_what_cannot_be_read_or_kept_ends_no_training():
    class Full:
        path = "here"

        def __getattr__(self, name):
            raise OSError(28, "No space left on device")

    kept = compiler.Kept(Full())
    assert kept.path == "here"
    assert kept.load_overload("f4", None) is None
    kept.save_overload("f4", None)


def test_code_is_named_by_all_that_it_depends_on(monkeypatch):
    numba = pytest.importorskip("numba", reason="needs numba (extra: compiled)")
    loop, options = compiled.sgd, {"fastmath": {"contract", "nsz"}}
    digest = compiler._digest
    first = digest(loop, options, numba)
    assert digest(loop, {"fastmath": {"nsz", "contract"}}, numba) == first
    assert digest(loop, {"fastmath": {"nsz"}}, numba) != first
    changed = FunctionType(loop.__code__, loop.__globals__ | {"ONE": np.float32(2)})
    assert digest(changed, options, numba) != first
    changed = FunctionType(loop.__code__.replace(co_consts=(None, 1)), loop.__globals__)
    assert digest(changed, options, numba) != first
    monkeypatch.setattr(numba.config, "LOOP_VECTORIZE", 0)
    assert digest(loop, options, numba) != first


def test_a_processor_of_unknown_features_has_none():
    def unknown():
        raise RuntimeError("not on this platform")

    assert compiler._features(SimpleNamespace(get_host_cpu_features=unknown)) == ""


def test_where_no_folder_can_be_written_nothing_is_kept(monkeypatch):
    calls = []

    def njit(cache=False, **options):
        calls.append((cache, options["error_model"]))
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda loop: loop

    numba = SimpleNamespace(njit=njit)
    monkeypatch.setattr(compiler, "expect_numba", lambda: numba)
    monkeypatch.setattr(compiler, "_digest", lambda *of: "0")
    made = compiler.machine_code(compiled.sgd, error_model="numpy")
    assert (made.__code__, made.__module__) == (compiled.sgd.__code__, compiled.__name__)
    assert calls == [(True, "numpy"), (False, "numpy")]
