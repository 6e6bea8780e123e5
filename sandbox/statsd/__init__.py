"""A stand-in for prom/statsd-exporter, which no package index holds; see README.md."""

from sandbox.statsd.mapping import Mapper, MappingRefused
from sandbox.statsd.server import ExporterDidNotStart, StatsdExporter, drops

__all__ = ["ExporterDidNotStart", "Mapper", "MappingRefused", "StatsdExporter", "drops"]
