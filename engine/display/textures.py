"""Planes in graphics memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from engine.frame import Array, PixelFormat

if TYPE_CHECKING:
    import moderngl

_DTYPES = {np.dtype(np.uint8): "f1", np.dtype(np.uint16): "nu2", np.dtype(np.float32): "f4"}
"""ModernGL's names of R8, R16 and R32F, and of their pairs."""


class PlaneTexture:
    """One plane. Storage is kept as long as size and type stay the same."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._texture: moderngl.Texture | None = None
        self._key: tuple[tuple[int, ...], np.dtype] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(columns, rows) of what was uploaded last."""
        assert self._key is not None
        return self._key[0][1], self._key[0][0]

    def upload(self, plane: Array) -> None:
        """Copy a (H, W) plane of uint8, uint16 or float32, or (H, W, 2) with two values a place; rows may be padded.

        Raises:
            TypeError: another type.
        """
        values = np.ascontiguousarray(plane)
        if values.dtype not in _DTYPES:
            raise TypeError(f"a plane must be uint8, uint16 or float32, got {values.dtype}")
        key = (values.shape, values.dtype)
        if self._texture is None or self._key != key:
            self.release()
            height, width, *components = values.shape
            count = components[0] if components else 1
            texture = self._ctx.texture((width, height), count, alignment=1, dtype=_DTYPES[values.dtype])
            texture.repeat_x = texture.repeat_y = False
            texture.filter = (self._ctx.LINEAR, self._ctx.LINEAR)
            self._texture, self._key = texture, key
        self._texture.write(values, alignment=1)

    def bind(self, unit: int) -> None:
        """Make it the texture of a unit; upload must have been called."""
        assert self._texture is not None
        self._texture.use(unit)

    def release(self) -> None:
        """Free the storage."""
        if self._texture is not None:
            self._texture.release()
            self._texture = self._key = None


class EyeTextures:
    """Luma and chroma of one eye; gray pictures get neutral chroma.

    Both chroma planes lie in one texture: a software renderer pays for every look at one.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._planes = (PlaneTexture(ctx), PlaneTexture(ctx))

    def upload(self, planes: tuple[Array, ...], pixel_format: PixelFormat) -> None:
        """Copy the planes of an eye."""
        luma, *chroma = planes
        if not chroma:
            neutral = np.full((1, 1), 1 << (pixel_format.bits - 1), np.uint8 if pixel_format.bits == 8 else np.uint16)
            chroma = [neutral, neutral]
        both = cv2.merge([np.ascontiguousarray(plane) for plane in chroma])
        for texture, values in zip(self._planes, (luma, both), strict=True):
            texture.upload(values)

    def bind(self, first_unit: int) -> None:
        """Take two texture units, from first_unit on."""
        for offset, texture in enumerate(self._planes):
            texture.bind(first_unit + offset)

    def release(self) -> None:
        """Free the storage."""
        for texture in self._planes:
            texture.release()
