from __future__ import annotations

import subprocess
import sys


def test_openvino_reports_nothing_to_anyone() -> None:
    """Its telemetry starts a thread at import; ours must not, and must play networks all the same."""
    code = (
        "import sys, threading; from engine.inference.openvino import load_openvino; "
        "assert load_openvino().Core().available_devices; "
        "assert threading.active_count() == 1, threading.enumerate(); "
        "assert not any(name.startswith('openvino_telemetry.') for name in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
