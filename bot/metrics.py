"""What is counted about the bot itself. Labels hold no run names, channels, users or error texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)

Reading = Callable[[], dict[str, dict[str, float]]]


class Metrics:
    """One registry per process part, so that tests and replicas do not share one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(f"curvebot_{name}", what, labels, registry=self.registry)

        self.polls = counter("polls_total", "Polls of watched runs", "result")
        self.poll_seconds = Histogram(
            "curvebot_poll_seconds", "Seconds per poll", registry=self.registry, buckets=_SECONDS
        )
        self.requests = counter("tracker_requests_total", "Requests to the tracker, as planned, by who waits", "who")
        self.deliveries = counter("deliveries_total", "Tries to send, by what became of them", "platform", "result")
        self.alerts = counter("alerts_total", "Openings posted", "rule", "severity")
        self.commands = Histogram(
            "curvebot_command_seconds", "Seconds from receiving to answering", registry=self.registry, buckets=_SECONDS
        )
        self.overruns = counter("overruns_total", "Jobs that ran past their deadline", "kind")
        self.bugs = counter("bugs_total", "Exceptions nobody expected", "where")
        self.build = Gauge("curvebot_build_info", "The version", ["version"], registry=self.registry)

    def read_from(self, read: Reading) -> None:
        """What is read when asked for: name -> {label value or "": number}. A name in `_total` only grows."""
        self.registry.register(_Gauges(read))

    def text(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)


class _Gauges(Collector):
    LABELS: ClassVar = {
        "outbox": "state",
        "watches": "state",
        "shut_out": "platform",
        "ws_connected": "platform",
        "ws_reconnects_total": "platform",
    }

    def __init__(self, read: Reading) -> None:
        self._read = read

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily | CounterMetricFamily]:
        for name, values in self._read().items():
            label = self.LABELS.get(name)
            kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            family = kind(f"curvebot_{name}", name.replace("_", " "), labels=[label] if label else None)
            for key, value in values.items():
                family.add_metric([key] if label else [], value)
            yield family
