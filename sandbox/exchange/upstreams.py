"""The registry of simulated upstreams: one entry per module."""

from sandbox.exchange.alpha_vantage import AlphaVantage, KeyDesk
from sandbox.exchange.gate import Gate
from sandbox.exchange.google_news import GoogleNews
from sandbox.exchange.nse import Nse
from sandbox.exchange.rapidapi import RapidApi
from sandbox.exchange.routing import Upstream, World
from sandbox.exchange.yahoo_news import YahooNews


def make_upstreams(world: World, gate: Gate, desk: KeyDesk) -> tuple[Upstream, ...]:
    """Every upstream the exchange answers as; a new one is one more line here."""
    press = (AlphaVantage(world, desk), YahooNews(world), GoogleNews(world))
    return (RapidApi(world, gate), Nse(world), *press)
