"""Where OpenGL draws: a window on a screen (GLFW), or a framebuffer in memory (EGL).

A process opens one or the other, never both: they bring different loaders for the same library. Everything here belongs
to the main thread, except `wake`.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from engine.display.inputs import NO_MOTION, Motion, WindowInputs
from engine.display.monitors import Monitor, after, centred, connected, nearest, numbered
from engine.display.view import Rect
from engine.errors import UnavailableError, WheatstoneError

if TYPE_CHECKING:
    import moderngl

_REQUIRED = 330
"""OpenGL 3.3 core, as ModernGL writes it."""

_SMALLEST = 160
"""Smaller windows cannot be grabbed with a mouse."""


class Surface(Protocol):
    """Something to draw on."""

    @property
    def ctx(self) -> moderngl.Context:
        """The context; current on the thread that opened the surface."""

    @property
    def target(self) -> moderngl.Framebuffer:
        """What to draw into."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the target at this moment; believe this, not what the target says of itself."""

    @property
    def scale(self) -> float:
        """Framebuffer pixels that look as large as one pixel of an ordinary screen; about 2 on a high-DPI one."""

    @property
    def wants_close(self) -> bool:
        """Whether the viewer has closed the window."""

    def wait(self, timeout_s: float) -> None:
        """Handle events; return at the first one, at a wake, or when the time is over."""

    @property
    def display(self) -> str:
        """The name of the display that shows most of it; empty where nobody looks."""

    def keys(self) -> list[str]:
        """What was pressed since the last call: characters as typed ("?", "l"), other keys by name ("left", "f11")."""

    def motion(self) -> Motion:
        """What the mouse did since the last call."""

    def take_redraw(self) -> bool:
        """Whether the picture was damaged or resized since the last call."""

    def present(self) -> None:
        """Show what was drawn."""

    def wake(self) -> None:
        """Make wait return. May be called from any thread while the surface is open."""

    def toggle_full_screen(self) -> bool:
        """Cover the screen, or go back into a window; says whether the screen is covered now."""

    def next_display(self) -> None:
        """Go to the next display, covering it if this one is covered."""

    def close(self) -> None:
        """Give everything back. Safe to call twice."""


class OffscreenSurface:
    """A framebuffer of a fixed size in a context without a window (EGL); works with no display at all.

    Raises:
        UnavailableError: no EGL, or no OpenGL 3.3 behind it.
    """

    scale = 1.0
    wants_close = False
    display = ""

    def __init__(self, width: int, height: int) -> None:
        try:
            import moderngl

            # ModernGL's own annotation of `backend` is wrong, so it travels as a dict.
            loader: dict[str, Any] = {"backend": "egl"}
            self.ctx = moderngl.create_context(standalone=True, require=_REQUIRED, **loader)
        except Exception as error:  # ModernGL and its loaders raise bare Exception, ImportError, ValueError ...
            raise UnavailableError(
                f"no off-screen OpenGL 3.3 through EGL ({error}); install Mesa's software driver "
                "(Debian and Ubuntu: libegl1 libgl1-mesa-dri)"
            ) from error
        self.size = (width, height)
        self._colour = self.ctx.renderbuffer(self.size, 3)
        self.target = self.ctx.framebuffer([self._colour])
        self._wake = threading.Event()
        self._is_open = True

    def wait(self, timeout_s: float) -> None:
        """Sleep until woken."""
        self._wake.wait(timeout_s)
        self._wake.clear()

    def keys(self) -> list[str]:
        """Nobody presses keys here."""
        return []

    def motion(self) -> Motion:
        """There is no mouse."""
        return NO_MOTION

    def take_redraw(self) -> bool:
        """Nothing damages this picture."""
        return False

    def present(self) -> None:
        """Nobody looks."""

    def wake(self) -> None:
        """Make wait return."""
        self._wake.set()

    def toggle_full_screen(self) -> bool:
        """There is no screen."""
        return False

    def next_display(self) -> None:
        """There is no display."""

    def close(self) -> None:
        """Free the framebuffer and the context."""
        if self._is_open:
            self._is_open = False
            self.target.release()
            self._colour.release()
            self.ctx.release()


class WindowSurface:
    """A GLFW window that can be resized; drawing is paced by the screen (vsync).

    Args:
        width: wished size of the framebuffer; smaller, in proportion, where the screen is.
        height: see width.
        title: of the window.
        display: which one to open on, counted from 1; None is the main one.
        full_screen: cover that display.

    Raises:
        UnavailableError: no display, no GLFW library, or no OpenGL 3.3.
        UsageError: there is no display of that number.
    """

    def __init__(
        self, width: int, height: int, title: str, *, display: int | None = None, full_screen: bool = False
    ) -> None:
        self._glfw, self._errors = _start_glfw()
        self._redraws = 1
        self._windowed: tuple[int, int, int, int] | None = None
        self._is_open = True
        try:
            monitor = numbered(connected(self._glfw), display)
            self._window = self._open_window(monitor, width, height, title)
            self.ctx: moderngl.Context = self._open_context()
        except WheatstoneError:
            self.close()
            raise
        self._inputs = WindowInputs(self._glfw, self._window)
        self._listen()
        if monitor is not None and (display is not None or full_screen):
            self._glfw.set_window_pos(self._window, *centred(monitor, *self._glfw.get_window_size(self._window)))
            if full_screen:
                self._cover(monitor)

    @property
    def target(self) -> moderngl.Framebuffer:
        """The back buffer."""
        return self.ctx.screen

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the framebuffer; a minimised window counts as one pixel."""
        width, height = self._glfw.get_framebuffer_size(self._window)
        return max(1, width), max(1, height)

    @property
    def scale(self) -> float:
        """The content scale of the monitor the window is on."""
        return float(self._glfw.get_window_content_scale(self._window)[0]) or 1.0

    @property
    def wants_close(self) -> bool:
        """Whether the close button was pressed."""
        return bool(self._glfw.window_should_close(self._window))

    def wait(self, timeout_s: float) -> None:
        """Handle events; return at the first one, at a wake, or when the time is over."""
        if timeout_s > 0:
            self._glfw.wait_events_timeout(timeout_s)
        else:
            self._glfw.poll_events()

    @property
    def display(self) -> str:
        """The name of the monitor that shows most of the window."""
        monitor = self._monitor()
        return "" if monitor is None else monitor.name

    def keys(self) -> list[str]:
        """What was pressed since the last call."""
        return self._inputs.keys()

    def motion(self) -> Motion:
        """What the mouse did since the last call."""
        return self._inputs.motion()

    def take_redraw(self) -> bool:
        """Whether the picture was damaged or resized since the last call."""
        if self._redraws == 0:
            return False
        self._redraws -= 1
        return True

    def present(self) -> None:
        """Swap buffers; waits for the screen where it has a vertical sync."""
        self._glfw.swap_buffers(self._window)

    def wake(self) -> None:
        """Make wait return; GLFW allows this from any thread."""
        self._glfw.post_empty_event()

    def toggle_full_screen(self) -> bool:
        """Cover the monitor that shows most of the window, or go back to where the window was."""
        glfw = self._glfw
        if self._windowed is not None:
            glfw.set_window_monitor(self._window, None, *self._windowed, 0)
            glfw.set_input_mode(self._window, glfw.CURSOR, glfw.CURSOR_NORMAL)
            self._windowed = None
            return False
        monitor = self._monitor()
        if monitor is None:
            return False
        self._cover(monitor)
        return True

    def next_display(self) -> None:
        """Go to the next monitor, covering it if this one is covered."""
        monitors, present = connected(self._glfw), self._monitor()
        if present is None or len(monitors) < 2:
            return
        target = after(monitors, present)
        if self._windowed is None:
            self._glfw.set_window_pos(self._window, *centred(target, *self._glfw.get_window_size(self._window)))
        else:
            width, height = self._windowed[2:]
            self._windowed = (*centred(target, width, height), width, height)
            self._cover(target)

    def close(self) -> None:
        """Destroy the window and end GLFW."""
        if self._is_open:
            self._is_open = False
            self._glfw.terminate()

    def _open_window(self, monitor: Monitor | None, width: int, height: int, title: str) -> Any:
        glfw = self._glfw
        for hint, value in (
            (glfw.CONTEXT_VERSION_MAJOR, _REQUIRED // 100),
            (glfw.CONTEXT_VERSION_MINOR, _REQUIRED // 10 % 10),
            (glfw.OPENGL_PROFILE, glfw.OPENGL_CORE_PROFILE),
            (glfw.OPENGL_FORWARD_COMPAT, True),
            (glfw.DEPTH_BITS, 0),
            (glfw.STENCIL_BITS, 0),
            # A film that covers the second display stays while somebody works on the first.
            (glfw.AUTO_ICONIFY, False),
        ):
            glfw.window_hint(hint, value)
        window = glfw.create_window(*_fitting(glfw, monitor, width, height), title, None, None)
        if not window:
            raise UnavailableError(f"no window with OpenGL 3.3 ({_last(self._errors)}); --headless draws off screen")
        return window

    def _open_context(self) -> moderngl.Context:
        self._glfw.make_context_current(self._window)
        self._glfw.swap_interval(1)
        try:
            import moderngl

            return moderngl.create_context(require=_REQUIRED)
        except Exception as error:  # ModernGL and its loaders raise bare Exception, ImportError, ValueError ...
            raise UnavailableError(
                f"OpenGL 3.3 cannot be used in a window ({error}); --headless draws off screen"
            ) from error

    def _listen(self) -> None:
        glfw, window = self._glfw, self._window

        def on_damage(*_details: Any) -> None:
            # A resized back buffer is often only there after the next swap: the second drawing is the right one.
            self._redraws = 2

        glfw.set_framebuffer_size_callback(window, on_damage)
        glfw.set_window_refresh_callback(window, on_damage)

    def _monitor(self) -> Monitor | None:
        """The monitor that shows most of the window."""
        place = Rect(*self._glfw.get_window_pos(self._window), *self._glfw.get_window_size(self._window))
        return nearest(connected(self._glfw), place)

    def _cover(self, monitor: Monitor) -> None:
        glfw, window = self._glfw, self._window
        if self._windowed is None:
            self._windowed = (*glfw.get_window_pos(window), *glfw.get_window_size(window))
        glfw.set_window_monitor(
            window, monitor.handle, 0, 0, monitor.rect.width, monitor.rect.height, monitor.refresh_rate
        )
        glfw.set_input_mode(window, glfw.CURSOR, glfw.CURSOR_HIDDEN)


def main_display(number: int | None = None) -> str:
    """The name of a display counted from 1, or of the main one; empty if displays have no names here.

    Raises:
        UnavailableError: no display at all, or no GLFW library.
        UsageError: none of that number.
    """
    glfw, _ = _start_glfw()
    monitor = numbered(connected(glfw), number)
    return "" if monitor is None else monitor.name


def _start_glfw() -> tuple[Any, deque[str]]:
    """GLFW, started (it may be started already), and where it writes its complaints.

    Raises:
        UnavailableError: no display, or no GLFW library.
    """
    try:
        import glfw
    except ImportError as error:
        raise UnavailableError(f"the GLFW library cannot be loaded ({error}); --headless draws off screen") from error
    errors: deque[str] = deque(maxlen=4)

    def on_error(_code: int, description: Any) -> None:
        errors.append(description.decode("utf-8", "replace") if isinstance(description, bytes) else str(description))

    # Without a handler of ours the binding turns every complaint into a Python warning.
    glfw.set_error_callback(on_error)
    if not glfw.init():
        raise UnavailableError(f"no display to open a window on ({_last(errors)}); --headless draws off screen")
    return glfw, errors


def _last(errors: deque[str]) -> str:
    return errors[-1] if errors else "GLFW does not say why"


def _fitting(glfw: Any, monitor: Monitor | None, width: int, height: int) -> tuple[int, int]:
    """A window size in screen coordinates for a wished framebuffer, within the work area of a monitor."""
    if monitor is None:
        return max(_SMALLEST, width), max(_SMALLEST, height)
    scale_x, scale_y = glfw.get_monitor_content_scale(monitor.handle)
    mode = monitor.rect
    _, _, work_width, work_height = glfw.get_monitor_workarea(monitor.handle)
    # Screen coordinates are framebuffer pixels on X11 and Windows, and scaled ones on macOS: the ratio tells.
    is_scaled = glfw.get_platform() == glfw.PLATFORM_COCOA
    columns, rows = (width / scale_x, height / scale_y) if is_scaled else (float(width), float(height))
    room = min(1.0, 0.95 * (work_width or mode.width) / columns, 0.9 * (work_height or mode.height) / rows)
    return max(_SMALLEST, round(columns * room)), max(_SMALLEST, round(rows * room))
