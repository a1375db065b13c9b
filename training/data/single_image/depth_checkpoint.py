"""Disparity of pictures by a depth network as the trainer left it; the only module of this package that needs torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training.checkpoint import load_checkpoint, load_weights
from training.data.single_image.depth_maps import fitted, network_picture
from training.models.depth import SIZE_MULTIPLE, WORKING_SIZE, DepthConfig, DepthNet


class CheckpointNetwork:
    """See `training.data.single_image.depth_maps.DepthMaps`."""

    def __init__(self, path: Path, threads: int) -> None:
        """Load the averaged weights.

        Raises:
            ValueError: the file is damaged, or of another recipe.
        """
        torch.set_num_threads(threads)
        checkpoint = load_checkpoint(path)
        if checkpoint.recipe != "depth":
            raise ValueError(f"--depth {path}: a checkpoint of the {checkpoint.recipe} recipe, not of depth")
        try:
            self._network = DepthNet(DepthConfig(**checkpoint.config)).eval()
        except TypeError as error:
            raise ValueError(f"--depth {path}: its config is not one of this version's network ({error})") from error
        load_weights(self._network, checkpoint.ema, str(path))

    def small(self, name: str, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `DepthMaps`."""
        del name
        seen = network_picture(picture, SIZE_MULTIPLE, WORKING_SIZE[0] * WORKING_SIZE[1])
        with torch.no_grad():
            return fitted(self._network(torch.from_numpy(seen))[0, 0].numpy(), picture)
