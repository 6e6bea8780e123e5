"""The industries of the simulated market, in the texts that NSE uses, and their price factors."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Industry:
    """An industry: NSE's text, its factor group, how common it is, a name part and a short code."""

    text: str
    group: str
    share: float
    word: str
    code: str


INDUSTRIES: tuple[Industry, ...] = (
    Industry("BANKS", "finance", 0.065, "Bank", "BANK"),
    Industry("FINANCE", "finance", 0.06, "Finance", "FIN"),
    Industry("FINANCE - HOUSING", "finance", 0.015, "Home Finance", "HFL"),
    Industry("FINANCIAL INSTITUTION", "finance", 0.015, "Capital", "CAP"),
    Industry("COMPUTERS - SOFTWARE", "technology", 0.06, "Technologies", "TECH"),
    Industry("TELECOMMUNICATION - SERVICES", "technology", 0.012, "Telecom", "TEL"),
    Industry("PHARMACEUTICALS", "health", 0.075, "Pharmaceuticals", "PHARM"),
    Industry("HOSPITALS & ALLIED SERVICES", "health", 0.025, "Hospitals", "HOSP"),
    Industry("AUTOMOBILES - 4 WHEELERS", "auto", 0.02, "Motors", "MOT"),
    Industry("AUTOMOBILES - 2 AND 3 WHEELERS", "auto", 0.015, "Wheels", "WHL"),
    Industry("AUTO ANCILLARIES", "auto", 0.035, "Components", "COMP"),
    Industry("TYRES", "auto", 0.012, "Tyres", "TYR"),
    Industry("FOOD AND FOOD PROCESSING", "consumer", 0.035, "Foods", "FOOD"),
    Industry("PERSONAL CARE", "consumer", 0.025, "Care", "CARE"),
    Industry("BREW/DISTILLERIES", "consumer", 0.012, "Breweries", "BREW"),
    Industry("CONSUMER DURABLES", "consumer", 0.03, "Appliances", "APPL"),
    Industry("HOTELS", "consumer", 0.015, "Hotels", "HTL"),
    Industry("MEDIA & ENTERTAINMENT", "consumer", 0.028, "Media", "MED"),
    Industry("TEXTILE PRODUCTS", "consumer", 0.025, "Textiles", "TEX"),
    Industry("STEEL AND STEEL PRODUCTS", "materials", 0.035, "Steel", "STL"),
    Industry("METALS", "materials", 0.02, "Metals", "MET"),
    Industry("MINING", "materials", 0.015, "Minerals", "MIN"),
    Industry("CEMENT AND CEMENT PRODUCTS", "materials", 0.035, "Cement", "CEM"),
    Industry("CHEMICALS - SPECIALITY", "materials", 0.035, "Chemicals", "CHEM"),
    Industry("FERTILISERS", "materials", 0.015, "Fertilisers", "FERT"),
    Industry("SUGAR", "materials", 0.015, "Sugar", "SUG"),
    Industry("PLASTIC AND PLASTIC PRODUCTS", "materials", 0.02, "Polymers", "POLY"),
    Industry("OIL EXPLORATION/PRODUCTION", "energy", 0.012, "Oil", "OIL"),
    Industry("REFINERIES", "energy", 0.018, "Petroleum", "PETR"),
    Industry("GAS", "energy", 0.018, "Gas", "GAS"),
    Industry("POWER", "energy", 0.035, "Power", "POW"),
    Industry("CONSTRUCTION", "building", 0.07, "Realty", "RLTY"),
    Industry("ENGINEERING", "building", 0.03, "Engineering", "ENG"),
    Industry("ELECTRICAL EQUIPMENT", "building", 0.03, "Electricals", "ELEC"),
    Industry("TRAVEL AND TRANSPORT", "building", 0.02, "Logistics", "LOG"),
    Industry("MISCELLANEOUS", "building", 0.015, "Enterprises", "ENT"),
)
GROUPS: tuple[str, ...] = tuple(sorted({industry.group for industry in INDUSTRIES}))
BY_TEXT: dict[str, Industry] = {industry.text: industry for industry in INDUSTRIES}
