"""The companies of the simulated market and the sizes, prices and risks they start with."""

from dataclasses import dataclass

import numpy as np

from sandbox.market.arrays import Floats, Ints
from sandbox.market.industries import GROUPS, INDUSTRIES, Industry
from sandbox.market.names import AWKWARD, NameMaker, awkward

# Four rows in ten of the real feed have no industry; three in a thousand have no meta at all.
_NO_INDUSTRY = 0.38
_NO_META = 0.004


@dataclass(frozen=True, slots=True)
class Company:
    """A security before anything happens to it; `id` is also its rank by size at the start."""

    id: int
    symbol: str
    name: str
    industry: Industry
    published_industry: str | None
    meta_missing: bool


@dataclass(frozen=True, slots=True)
class Universe:
    """All companies, with one number per company: rupees, shares, daily volatility, market beta."""

    companies: tuple[Company, ...]
    group: Ints
    start_price: Floats
    shares: Floats
    volatility: Floats
    beta: Floats
    face_value: Floats


def make_universe(generator: np.random.Generator, securities: int) -> Universe:
    """Invent `securities` companies, the largest first; sizes fall with rank as real ones do."""
    rank = np.arange(securities, dtype=np.float64)
    companies = _companies(generator, securities)
    price = np.exp(generator.normal(6.1, 0.9, securities)).clip(35.0, 9000.0)
    size = 1.8e13 * (rank + 1.0) ** -0.9 * np.exp(generator.normal(0.0, 0.12, securities))
    smallness = np.clip(np.log1p(rank) / np.log(500.0), 0.0, 1.15)
    return Universe(
        companies=companies,
        group=np.array([GROUPS.index(company.industry.group) for company in companies]),
        start_price=np.round(price * 20.0) / 20.0,
        shares=size / price,
        volatility=(0.009 + 0.011 * smallness) * np.exp(generator.normal(0.0, 0.15, securities)),
        beta=generator.normal(1.0, 0.25, securities).clip(0.3, 1.8),
        face_value=generator.choice([1.0, 2.0, 5.0, 10.0], securities, p=[0.2, 0.25, 0.15, 0.4]),
    )


def _companies(generator: np.random.Generator, securities: int) -> tuple[Company, ...]:
    names = NameMaker(generator)
    shares = np.array([industry.share for industry in INDUSTRIES])
    chosen = generator.choice(len(INDUSTRIES), securities, p=shares / shares.sum())
    no_industry = generator.random(securities) < _NO_INDUSTRY
    no_meta = generator.random(securities) < _NO_META
    # One awkward symbol in every seventh place, the first among the largest.
    places = {3 + 7 * place: place for place in range(len(AWKWARD)) if 3 + 7 * place < securities}
    companies: list[Company] = []
    for number in range(securities):
        if number in places:
            symbol, name, industry = awkward(places[number])
        else:
            industry = INDUSTRIES[int(chosen[number])]
            symbol, name = names.company(industry)
        # The feed knows the industry of all large companies.
        unknown = bool(no_industry[number]) and number >= 20
        companies.append(
            Company(
                id=number,
                symbol=symbol,
                name=name,
                industry=industry,
                published_industry=None if unknown else industry.text,
                meta_missing=bool(no_meta[number]) and number >= 20,
            )
        )
    return tuple(companies)
