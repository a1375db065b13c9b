"""A surface with a renderer and a HUD: what the live loop talks to. Belongs to the main thread."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.display.context import Surface
from engine.display.hud import Hud, HudFigures
from engine.display.keys import Action, action_of, changed_view, followed
from engine.display.renderer import Renderer
from engine.display.view import ViewState
from engine.errors import OutputError
from engine.frame import Frame

if TYPE_CHECKING:
    import moderngl


class Screen:
    """Shows frames, applies keys to the view, takes screenshots.

    Args:
        surface: a window or an off-screen framebuffer; closed by `close`.
        view: what is shown at first.
    """

    def __init__(self, surface: Surface, view: ViewState) -> None:
        self.surface = surface
        self.view = view
        self.figures = HudFigures()
        """What the HUD says at the next drawing."""
        self._renderer = Renderer(surface.ctx)
        self._hud = Hud(surface.ctx)

    def handle_keys(self) -> list[Action]:
        """Apply what was pressed or dragged to the view; say which actions that were: most concern the caller too."""
        actions = [action for action in map(action_of, self.surface.keys()) if action is not None]
        for action in actions:
            if action == "full_screen":
                self.surface.toggle_full_screen()
            elif action == "next_display":
                self.surface.next_display()
            else:
                self.view = changed_view(self.view, action)
        head = followed(self.view.head, self.surface.motion())
        if head != self.view.head:
            self.view = replace(self.view, head=head)
            actions.append("head_moved")
        return actions

    def show(self, frame: Frame) -> Frame:
        """Draw a frame and show it.

        Returns:
            The frame with a stamp `draw`: from the start of the upload until the device has finished drawing
            (glFinish). Waiting for the screen's refresh comes after that.
        """
        start_s = time.perf_counter()
        self._renderer.upload(frame)
        self._draw()
        self.surface.ctx.finish()
        shown = frame.stamped("draw", start_s, time.perf_counter())
        self.surface.present()
        return shown

    def redraw(self) -> None:
        """Draw the last frame again, as the view wants it now."""
        self._draw()
        self.surface.present()

    def picture(self) -> NDArray[np.uint8]:
        """What was drawn last, drawn once more in memory: (H, W, 3) uint8 RGB."""
        width, height = self.surface.size
        ctx = self.surface.ctx
        # A window's own pixels are undefined where another window covers them.
        colour = ctx.renderbuffer((width, height), 3)
        target = ctx.framebuffer([colour])
        try:
            self._draw_into(target)
            pixels = np.frombuffer(target.read(components=3, alignment=1), dtype=np.uint8)
        finally:
            target.release()
            colour.release()
        return pixels.reshape(height, width, 3)[::-1].copy()

    def screenshot(self, path: Path) -> None:
        """Write what was drawn last as a PNG.

        Raises:
            OutputError: the file cannot be written.
        """
        _, data = cv2.imencode(".png", self.picture()[..., ::-1])
        try:
            path.write_bytes(data.tobytes())
        except OSError as error:
            raise OutputError(f"{path}: the screenshot cannot be written ({error.strerror})") from error

    def close(self) -> None:
        """Free everything and close the surface."""
        self._hud.release()
        self._renderer.release()
        self.surface.close()

    def _draw(self) -> None:
        self._draw_into(self.surface.target)

    def _draw_into(self, target: moderngl.Framebuffer) -> None:
        size, view = self.surface.size, self.view
        self._renderer.draw(target, size, view)
        self._hud.draw(
            target,
            size,
            self.figures,
            areas=self._renderer.areas(view, size),
            scale=self.surface.scale,
            show_figures=view.show_hud,
            show_keys=view.show_keys,
        )
