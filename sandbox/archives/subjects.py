"""The words in which the corporate-action feed tells an event: as many as the real one uses."""

from sandbox.market.events import Bonus, Consolidation, Dividend, Rights, Split


def rupees(amount: float) -> str:
    """`Re 0.40`, `Re 1`, `Rs 3.50`, `Rs 10`."""
    unit = "Re" if amount <= 1.0 else "Rs"
    return f"{unit} {_amount(amount)}"


def split_text(event: Split | Consolidation, style: float) -> str:
    """A change of face value; `style` in 0..1 picks the wording."""
    old, new = rupees(event.old_face), rupees(event.new_face)
    if isinstance(event, Consolidation):
        if style < 0.3:
            return f"Consolidation - From {old} To {new}"
        return f"Consolidation Of Shares - From {old}/- Per Share To {new}/- Per Share"
    if style < 0.06:
        old = old.replace(" ", "")
    return f"Face Value Split (Sub-Division) - From {old}/- Per Share To {new}/- Per Share"


def bonus_text(event: Bonus) -> str:
    """New shares for held shares."""
    return f"Bonus {event.new_shares}:{event.held}"


def dividend_text(event: Dividend, style: float, trap: float) -> str:
    """A dividend; the parts of a joined text add up to the amount."""
    amount = event.amount
    if event.kind == "Interim":
        return _interim(amount, trap)
    dividend = f"Dividend - {rupees(amount)} Per Share"
    if trap < 0.03:
        dividend = f"Dividend - Rs{_amount(amount)} Per Share"
    elif trap < 0.06:
        dividend = f"Dividend - Rs. {_amount(amount)} Per Share"
    elif trap < 0.10:
        dividend = f"Dividend - {rupees(amount)} Per Sh"
    elif trap < 0.14:
        dividend = f"Dividend - {rupees(amount).replace(' ', '  ')} Per Share"
    elif trap < 0.20 and amount >= 2.0:
        special = round(amount / 4.0, 1)
        joint = ("/", " & ", "/ ", " ")[int(trap * 200) % 4]
        dividend = (
            f"Dividend - {rupees(round(amount - special, 2))} Per Share{joint}"
            f"Special Dividend - {rupees(special)} Per Share"
        )
    if style < 0.02:
        return f"Annual General Meeting{dividend.lower()[0]}{dividend[1:]}"
    if style < 0.03:
        return f"Annual General Meeting//{dividend}"
    if style < 0.40:
        return f"Annual General Meeting/{dividend}"
    return dividend


def rights_text(event: Rights, trap: float) -> str:
    """Rights; the price is the face value and the premium together."""
    offer = f"Rights {event.new_shares}:{event.held}"
    if event.premium == 0.0:
        return offer
    blank = "" if trap < 0.15 else " "
    end = "" if 0.15 <= trap < 0.25 else "/-"
    return f"{offer}{blank}@ Premium {rupees(event.premium)}{end}"


def _interim(amount: float, trap: float) -> str:
    if trap < 0.02:
        return f"Inteim Dividend - {rupees(amount)} Per Share"
    if trap < 0.06:
        return f"Interim Dividend - {rupees(amount)} Per Sh"
    if trap < 0.09:
        return f"Interim Dividend - Rs. {_amount(amount)} Per Share"
    if trap < 0.13 and amount >= 2.0:
        special = round(amount / 2.0, 1)
        rest = rupees(round(amount - special, 2))
        return f"Interim Dividend - {rest} Per Share Special Dividend - {rupees(special)} Per Share"
    if trap < 0.16:
        return f"Special Interim Dividend - {rupees(amount)} Per Share"
    return f"Interim Dividend - {rupees(amount)} Per Share"


def _amount(amount: float) -> str:
    return f"{amount:.0f}" if amount == int(amount) else f"{amount:.2f}"
