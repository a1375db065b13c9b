"""What every runtime keeps: same network, same numbers, same refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import ModelError
from engine.inference import Session
from engine.inference.onnxruntime import OnnxRuntimeSession
from engine.inference.openvino import OpenVinoSession, has_bf16

SHAPE = (1, 3, 32, 64)
OPENERS: dict[str, Callable[..., Session]] = {"openvino": OpenVinoSession, "onnxruntime": OnnxRuntimeSession}


@pytest.fixture
def picture(rng: np.random.Generator) -> np.ndarray:
    """Give an input."""
    return rng.random(SHAPE, dtype=np.float32)


def test_runtimes_agree(small_network: Path, picture: np.ndarray) -> None:
    results = [opener(small_network, SHAPE, threads=1).run(picture) for opener in OPENERS.values()]
    assert results[0].shape == (1, 1, 16, 32)
    assert results[0].std() > 0.01
    np.testing.assert_allclose(results[0], results[1], atol=1e-5)


@pytest.mark.parametrize("name", OPENERS)
def test_results_belong_to_the_caller(name: str, small_network: Path, picture: np.ndarray) -> None:
    session = OPENERS[name](small_network, SHAPE, threads=1)
    original = picture.copy()
    first = session.run(picture)
    kept = first.copy()
    session.run(picture * 0.5)
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(picture, original)
    np.testing.assert_array_equal(session.run(picture), kept)


@pytest.mark.parametrize("name", OPENERS)
def test_only_its_own_shape_and_type(name: str, small_network: Path, picture: np.ndarray) -> None:
    session = OPENERS[name](small_network, SHAPE, threads=1)
    assert (session.runtime, session.device, session.precision, session.shape) == (name, "cpu", "f32", SHAPE)
    with pytest.raises(ValueError, match="opened for"):
        session.run(picture[:, :, :16])
    with pytest.raises(TypeError, match="float32"):
        session.run(picture.astype(np.float64))
    with pytest.raises(ValueError, match="contiguous"):
        session.run(np.asfortranarray(picture))


@pytest.mark.parametrize("name", OPENERS)
@pytest.mark.parametrize("content", [b"", b"this is no network", None])
def test_a_damaged_or_missing_file_is_a_model_error(name: str, content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.onnx"):
        OPENERS[name](path, SHAPE)


def test_bf16_is_close_where_the_cpu_has_it(small_network: Path, picture: np.ndarray) -> None:
    if not has_bf16():
        pytest.skip("this CPU does not compute in bfloat16")
    exact = OpenVinoSession(small_network, SHAPE, threads=1).run(picture)
    fast = OpenVinoSession(small_network, SHAPE, precision="bf16", threads=1).run(picture)
    assert 0 < np.abs(fast - exact).max() < 0.05 * np.abs(exact).max()
