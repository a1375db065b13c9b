"""The clock starts when everything is there: nothing is compiled or loaded in the middle of a film."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.gl

PLAY = """
import gc, json, sys
from numba.core.dispatcher import Dispatcher
from engine.config import PlayOptions
from engine.live.session import open_session
from engine.stereo.infill import NetworkInfill

def compiled():
    kernels = [thing for thing in gc.get_objects() if issubclass(type(thing), Dispatcher)]
    return {f"{kernel.py_func.__module__}.{kernel.py_func.__qualname__} {signature}"
            for kernel in kernels for signature in kernel.signatures if "overload" not in kernel.py_func.__module__}

networks = []
opened = NetworkInfill._network
def spy(self, shape):
    networks.append(shape)
    return opened(self, shape)
NetworkInfill._network = spy

options = PlayOptions(input="pattern:640x360@15", headless=True, frames=45, strength=5.0, depth=sys.argv[1])
with open_session(options) as session:
    before, shapes = compiled(), set(networks)
    networks.clear()
    report = session.play()
after = compiled()
print(json.dumps({"before": len(before), "late": sorted(after - before),
                  "shapes": sorted(set(networks) - shapes), "used": len(networks), "drawn": report.frames_drawn}))
"""


@pytest.mark.parametrize("depth", ["depth-small", "exact"])
def test_nothing_is_compiled_or_loaded_after_the_clock_has_started(depth: str) -> None:
    """A fresh process: what other tests have compiled does not count here. Exact depth has jumps, and wide holes."""
    probe = "import moderngl; moderngl.create_context(standalone=True, backend='egl')"
    if subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False).returncode != 0:
        pytest.skip("no off-screen OpenGL here")
    run = subprocess.run([sys.executable, "-c", PLAY, depth], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    answer = json.loads(run.stdout.splitlines()[-1])
    assert answer["drawn"] > 3
    assert answer["used"] > 0 or depth != "exact", "the network was needed"
    assert answer["before"] >= 5
    assert answer["late"] == []
    assert answer["shapes"] == []
