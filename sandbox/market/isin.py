"""Identifiers shaped like Indian ISINs, with a valid ISO 6166 check digit."""

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Issuer codes count down from 9: real ones with a letter in second place begin with 0 or 1.
_RARE = "QXYZ"


def check_digit(body: str) -> int:
    """The ISO 6166 check digit of the first eleven characters of an ISIN (Luhn, A=10)."""
    digits = "".join(str(int(character, 36)) for character in body)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return (10 - total % 10) % 10


def make_isin(issuer_no: int, serial: int = 1) -> str:
    """The ISIN of an invented issuer; `serial` counts up at every split, as NSDL does it."""
    rest, last = divmod(issuer_no, 26)
    rest, second_digit = divmod(rest, 10)
    first_digit, rare = divmod(rest, len(_RARE))
    if first_digit > 9:
        raise ValueError(f"issuer {issuer_no} has no code; at most 10400 securities are possible")
    body = f"INE{9 - first_digit}{_RARE[rare]}{second_digit}{_LETTERS[last]}01{serial:02d}"
    return f"{body}{check_digit(body)}"
