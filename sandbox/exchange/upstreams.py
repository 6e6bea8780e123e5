"""The registry of simulated upstreams: one entry per module."""

from sandbox.exchange.gate import Gate
from sandbox.exchange.nse import Nse
from sandbox.exchange.rapidapi import RapidApi
from sandbox.exchange.routing import Upstream, World


def make_upstreams(world: World, gate: Gate) -> tuple[Upstream, ...]:
    """Every upstream the exchange answers as; a new one is one more line here."""
    return (RapidApi(world, gate), Nse(world))
