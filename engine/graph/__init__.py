"""Threads, bounded channels and the rules that keep them honest. Knows nothing of pixels."""

from engine.graph.channel import Cancelled, Channel, ChannelStatistics, EndOfStream, HungUp, Policy
from engine.graph.graph import Edge, Finished, Graph, Outcome, Source, Stage, StageMeasurement, StuckError
from engine.graph.samples import Samples

__all__ = [
    "Cancelled",
    "Channel",
    "ChannelStatistics",
    "Edge",
    "EndOfStream",
    "Finished",
    "Graph",
    "HungUp",
    "Outcome",
    "Policy",
    "Samples",
    "Source",
    "Stage",
    "StageMeasurement",
    "StuckError",
]
