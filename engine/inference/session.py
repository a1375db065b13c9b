"""What every runtime offers: one network, one input, one output, one shape."""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

Float32 = NDArray[Any]
"""float32 array."""


class Session(Protocol):
    """A network ready to run. One thread at a time may use it."""

    runtime: str
    """Its name in the table of runtimes."""
    device: str
    """`cpu` or `cuda`."""
    precision: str
    """What it computes in: `f32` or `bf16`; inputs and outputs are float32 in every case."""
    shape: tuple[int, ...]
    """(N, C, H, W) of the input."""

    def run(self, image: Float32) -> Float32:
        """Run the network.

        Args:
            image: float32 of exactly `shape`, C-contiguous; it is read in place, never copied or changed.

        Returns:
            (N, ...) float32, owned by the caller.

        Raises:
            ValueError: another shape.
            TypeError: another dtype.
        """
        ...


def check_input(image: Float32, shape: tuple[int, ...]) -> None:
    """Refuse what a session was not opened for.

    Raises:
        ValueError: the shape differs, or the array is not C-contiguous.
        TypeError: the dtype is not float32.
    """
    if image.dtype.name != "float32":
        raise TypeError(f"a network input must be float32, got {image.dtype}")
    if tuple(image.shape) != shape:
        raise ValueError(f"this session was opened for {shape}, got {tuple(image.shape)}")
    if not image.flags.c_contiguous:
        raise ValueError("a network input must be C-contiguous")
