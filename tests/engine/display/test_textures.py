from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.display.context import OffscreenSurface
from engine.display.textures import PlaneTexture

pytestmark = pytest.mark.gl


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (9, 17), (1, 1, 2), (5, 3, 2)])
def test_values_arrive_whole(
    open_surface: Callable[[int, int], OffscreenSurface], rng: np.random.Generator, dtype: type, shape: tuple[int, ...]
) -> None:
    values = (rng.random(shape) * (1 if dtype is np.float32 else np.iinfo(dtype).max)).astype(dtype)
    surface = open_surface(8, 8)
    texture = PlaneTexture(surface.ctx)
    texture.upload(values)
    assert texture.size == (shape[1], shape[0])
    stored = texture._texture
    assert stored is not None
    assert np.array_equal(np.frombuffer(stored.read(alignment=1), dtype).reshape(shape), values)
    texture.release()


def test_storage_is_kept_until_the_shape_changes(open_surface: Callable[[int, int], OffscreenSurface]) -> None:
    texture = PlaneTexture(open_surface(8, 8).ctx)
    texture.upload(np.zeros((4, 4), np.uint8))
    first = texture._texture
    texture.upload(np.ones((4, 4), np.uint8))
    assert texture._texture is first
    texture.upload(np.ones((4, 5), np.uint8))
    assert texture._texture is not first
    texture.release()
    texture.release()
