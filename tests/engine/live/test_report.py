from __future__ import annotations

import json
from fractions import Fraction

import numpy as np

from engine.frame import Frame, PixelFormat
from engine.graph import Samples, StageMeasurement
from engine.graph.channel import Channel
from engine.live.meter import Meter
from engine.live.pacing import Pacer
from engine.live.report import live_report


def test_document_has_plain_numbers_under_names_with_units() -> None:
    meter, pacer = Meter(), Pacer()
    for index in range(4):
        frame = Frame(
            planes=(np.zeros((2, 2), np.uint8),),
            format=PixelFormat(subsampling="gray"),
            pts=index,
            time_base=Fraction(1, 10),
        )
        start_s = 0.1 * index
        meter.add(frame.stamped("arrival", start_s, start_s).stamped("draw", start_s, start_s + 0.03))
    channel: Channel[int] = Channel(1, "drop_oldest")
    for item in range(3):
        channel.put(item)
    times = Samples()
    times.add(0.25)
    measurements = [
        StageMeasurement(name="source", times=Samples(), inbox=None),
        StageMeasurement(name="depth", times=times, inbox=channel.statistics()),
    ]
    report = live_report(
        meter=meter,
        pacer=pacer,
        measurements=measurements,
        drops={"render late": 2},
        depth=None,
        sound={},
        comfort={"frames": 4},
        input="pattern",
        layout="sbs",
        renderer="some device",
        seconds=0.4,
        source_fps=None,
        warm_up_s=1.23456,
        warnings=["something"],
    )
    document = json.loads(json.dumps(report.as_json()))
    assert document["latency_ms"] == {
        "count": 4,
        "p50": 30.0,
        "p90": 30.0,
        "p95": 30.0,
        "p99": 30.0,
        "p999": 30.0,
        "max": 30.0,
    }
    assert document["waiting_ms"]["max"] == 0.0
    assert document["pacing_error_ms"]["count"] == 3
    assert document["stages"]["draw"]["p50"] == 30.0
    assert document["queues"] == {"depth": {"capacity": 1, "dropped": 2, "waited_for_input_s": 0.0, "busy_s": 0.25}}
    assert document["dropped"] == {"render late": 2}
    assert document["repeats"] == {}
    assert document["depth"] == {}
    assert document["comfort"] == {"frames": 4}
    assert document["fps"] == 10.0
    assert document["source_fps"] is None
    assert document["warm_up_s"] == 1.235
    assert document["peak_rss_mb"] > 1
    assert "wheatstone" in document["versions"]
