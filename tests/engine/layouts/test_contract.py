"""What holds for every layout in the table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import UsageError
from engine.layouts import LAYOUTS, LayoutOptions, make_layout

FORMATS = [("420", 8), ("420", 10), ("422", 10), ("444", 8), ("gray", 8), ("gray", 16)]


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize(("subsampling", "bits"), FORMATS)
@pytest.mark.parametrize("size", [(16, 8), (15, 7), (18, 10), (1, 1)])
def test_output_is_what_it_promised(make_frame, info_of, name, subsampling, bits, size) -> None:
    frame = make_frame(*size, subsampling, bits)
    layout = make_layout(name)
    promised = layout.output(info_of(frame))
    shown = layout.process(frame)
    assert (shown.width, shown.height, shown.format) == (promised.width, promised.height, promised.format)
    assert shown.colour == promised.colour
    assert all(plane.dtype == frame.planes[0].dtype for plane in shown.planes)
    shift_x, shift_y = shown.format.chroma_shift
    assert shown.width % (1 << shift_x) == 0
    assert shown.height % (1 << shift_y) == 0


@pytest.mark.parametrize(("name", "height", "expected"), [("ou", 576, 6), ("sbs", 576, 2), ("half-sbs", 719, 6)])
def test_a_guessed_matrix_outlives_a_new_height(make_frame, info_of, name, height, expected) -> None:
    """576 lines without a matrix are BT.601; 1152 lines would be taken for BT.709."""
    frame = make_frame(16, height)
    frame = replace(frame, colour=replace(frame.colour, matrix=2))
    layout = make_layout(name)
    assert layout.output(info_of(frame)).colour.matrix == expected
    assert layout.process(frame).colour.matrix == expected


@pytest.mark.parametrize("name", LAYOUTS)
def test_only_what_it_needs_is_read(make_frame, info_of, name) -> None:
    frame = make_frame()
    layout = make_layout(name)
    promised = layout.output(info_of(frame))
    whole = layout.process(frame)
    poor = frame if promised.needs_disparity else replace(frame, disparity=None)
    left, right = frame.views
    if not (promised.needs_left or promised.needs_right):
        poor = replace(poor, views=None)
    elif not promised.needs_left:
        poor = replace(poor, views=(right, right))
    elif not promised.needs_right:
        poor = replace(poor, views=(left, left))
    for one, other in zip(whole.planes, layout.process(poor).planes, strict=True):
        assert (one == other).all()


@pytest.mark.parametrize("name", LAYOUTS)
def test_inputs_are_not_written(make_frame, name) -> None:
    frame = make_frame(15, 7)
    before = [plane.copy() for view in frame.views for plane in view.planes]
    make_layout(name).process(frame)
    after = [plane for view in frame.views for plane in view.planes]
    assert all((one == other).all() for one, other in zip(before, after, strict=True))


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != "depth"])
def test_a_frame_without_eyes_is_refused(make_frame, name) -> None:
    with pytest.raises(ValueError, match="stereo stage"):
        make_layout(name, LayoutOptions()).process(replace(make_frame(), views=None))


def test_an_unknown_name_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="half-sbs"):
        make_layout("cinerama")
