"""Every wording of a corporate action that the exchange has shown, with made-up numbers."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Clause = tuple[str, float | None, float | None, str | None]  # type, share factor, cash, flaw


def cash(amount: float, kind: str = "dividend") -> Clause:
    return (kind, None, amount, None)


NONE: Clause = ("none", None, None, None)
NO_AMOUNT: Clause = ("dividend", None, None, "dividend_amount_unknown")
UNREAD: Clause = ("unknown", None, None, "text_not_understood")

WORDINGS: dict[str, list[Clause]] = {
    # dividends
    "Dividend - Rs 4.25 Per Share": [cash(4.25)],
    "Dividend - Re 0.35 Per Share": [cash(0.35)],
    "Dividend - Re .35 Per Share": [cash(0.35)],
    "Dividend - Rs 4 Per Sh": [cash(4)],
    "Dividend - Re 1 Per Sh": [cash(1)],
    "Dividend - Rs4.5 Per Share": [cash(4.5)],
    "Dividend - Rs 1,250 Per Share": [cash(1250)],
    "DIVIDEND - RS 0.20 PER SHARE": [cash(0.2)],
    "Interim Dividend - Rs 7 Per Share": [cash(7)],
    "Interim Dividend - Re 0.07 Per Share": [cash(0.07)],
    "Interim Dividend - Rs 7 Per Sh": [cash(7)],
    "Interim Dividend - Re 1 Per Sh": [cash(1)],
    "Interim Dividend - Rs. 7.75 Per Share": [cash(7.75)],
    "Interim Dividend- Rs   7 Per Share": [cash(7)],
    "Inteim Dividend - Re 0.60 Per Share": [cash(0.6)],
    "Inteirm Dividend - Rs 6 Per Share": [cash(6)],
    "Second Interim Dividend - Rs 6 Per Share": [cash(6)],
    "Final Dividend - Rs 3.10 Per Share": [cash(3.1)],
    "Special Dividend - Rs 12 Per Share": [cash(12, "special_dividend")],
    "Special Interim Dividend - Rs 12 Per Share": [cash(12, "special_dividend")],
    "Specia Ldividend - Rs 120 Per Share": [cash(120, "special_dividend")],
    "Interim Dividend": [NO_AMOUNT],
    "Interim Dividend - Rs Per Share": [NO_AMOUNT],
    # meetings, with and without a dividend
    "Annual General Meeting": [NONE],
    "ANNUAL GENERAL MEETING": [NONE],
    "Extra Ordinary General Meeting": [NONE],
    "Extra-Ordinary General Meeting": [NONE],
    "Extra- Ordinary General Meeting": [NONE],
    "Extra Oridinary General Meeting": [NONE],
    "Annual General Meeting/Dividend - Rs 2.40 Per Share": [NONE, cash(2.4)],
    "Annual General Meeting/Dividend - Re 0.40 Per Share": [NONE, cash(0.4)],
    "Annual General Meeting/Dividend - Rs 2 Per Sh": [NONE, cash(2)],
    "Annual General Meeting/Dividend - Rs Per Share": [NONE, NO_AMOUNT],
    "Annual General Meetingdividend - Rs 3 Per Share": [NONE, cash(3)],
    "Annual General Meetingdividend - Re 1 Per Share": [NONE, cash(1)],
    "Annual General Meeting//Dividend - Rs 3 Per Share": [NONE, cash(3)],
    "Annual General Meeting /Dividend - 3.50 Rs Per Share": [NONE, cash(3.5)],
    "Annual General Meeting/Dividend - Rs 2 Per Share/Special Dividend - Rs 5 Per Share": [
        NONE,
        cash(2),
        cash(5, "special_dividend"),
    ],
    # several dividends at once
    "Dividend - Rs 2 Per Share/Special Dividend - Rs 5 Per Share": [
        cash(2),
        cash(5, "special_dividend"),
    ],
    "Dividend - Rs 2 Per Share/Special Dividend - 5.5 Per Share": [
        cash(2),
        cash(5.5, "special_dividend"),
    ],
    "Dividend - Rs 2 Per Share & Special Dividend - Rs 5 Per Share": [
        cash(2),
        cash(5, "special_dividend"),
    ],
    "Interim Dividend - Rs 2 Per Share/ Special Dividend - Rs 5 Per Share": [
        cash(2),
        cash(5, "special_dividend"),
    ],
    "Interim Dividend - Rs 2 Per Share Special Dividend - Rs 5 Per Share": [
        cash(2),
        cash(5, "special_dividend"),
    ],
    "Final Dividend - Rs  21/ Special Dividend - Rs 17 Per Share": [
        cash(21),
        cash(17, "special_dividend"),
    ],
    "Special Dividend Rs -5 Per Share/Interim Dividend Rs - 2 Per Share": [
        cash(5, "special_dividend"),
        cash(2),
    ],
    # trusts: the total is the cash, its parts are told after it; without a total the parts add up
    "Distribution - Rs 3.30 Per Unit Consists Of Interest- Rs 2 Per Unit/Total Dividend - Re 0.30 "
    "Per Unit/Repayment Of Spv Debt- Re 0.90 Per Unit/Treasury Income Re 0.10 Per Unit": [
        cash(3.3, "distribution")
    ],
    "Distribution Rs 3.30 Per Unit Comprising Of Dividend - Rs 3 Per Unit": [
        cash(3.3, "distribution")
    ],
    "Distribution - 3.30 Per Unit": [cash(3.3, "distribution")],
    "Distribution": [("distribution", None, None, "dividend_amount_unknown")],
    "Dividend - Rs 2 Per Unit/Interst Amount - Re 0.50 Per Unit/Proceeds Of Amortization - Rs 3 "
    "Per Unit": [cash(2), cash(0.5, "distribution"), cash(3, "distribution")],
    # share counts
    "Bonus 1:2": [("bonus", 1.5, None, None)],
    "Bonus 13:10": [("bonus", 2.3, None, None)],
    "BONUS 3:1": [("bonus", 4.0, None, None)],
    "Bonus 0:1": [("bonus", None, None, "zero_in_ratio")],
    "Bonus": [("bonus", None, None, "text_not_understood")],
    "Bonus 1:1 And A Half": [("bonus", None, None, "text_not_understood")],
    "Bonus Ncrps 4:1": [NONE],
    "Bonus 1:4 Ncrps": [NONE],
    "Bonus Debentures 1:1": [NONE],
    "Bonus Preference Shares 1:1": [NONE],
    "Bonus Pref 1:1": [NONE],
    "Bonus Dvr 1:20": [NONE],
    "Scheme Of Arrangement - Bonus Ncrps 1:20": [NONE],
    "Face Value Split (Sub-Division) - From Rs 10/- Per Share To Rs 2/- Per Share": [
        ("split", 5.0, None, None)
    ],
    "Face Value Split (Sub-Division) - From Rs 10/- Per Share To Re 1/- Per Share": [
        ("split", 10.0, None, None)
    ],
    "Face Value Split (Sub-Division) - From Rs10/- Per Share To Rs 5/- Per Share": [
        ("split", 2.0, None, None)
    ],
    "Face Value Split (Sub-Division) - From Rs10/- Per Share To Re 1/- Per Share": [
        ("split", 10.0, None, None)
    ],
    "FACE VALUE SPLIT (SUB-DIVISION) - FROM RS 5/- PER SHARE TO RE. 1/- PER SHARE": [
        ("split", 5.0, None, None)
    ],
    "Fv Split Rs.10/- To Rs.2/-": [("split", 5.0, None, None)],
    "Face Value Split (Sub-Division) - From Rs 1/- Per Share To Rs 10/- Per Share": [
        ("consolidation", None, None, "split_that_consolidates")
    ],
    "Face Value Split (Sub-Division)": [("split", None, None, "text_not_understood")],
    "Consolidation Of Shares - From Re 1/- Per Share To Rs 10/- Per Share": [
        ("consolidation", 0.1, None, None)
    ],
    "Face Value Consolidation From Re 1 To Rs 10": [("consolidation", 0.1, None, None)],
    "Bonus 1:1/Face Value Split (Sub-Division) - From Rs 10/- Per Share To Rs 5/- Per Share": [
        ("bonus", 2.0, None, None),
        ("split", 2.0, None, None),
    ],
    # rights
    "Rights 1:4 @ Premium Rs 11.25/-": [("rights", None, None, None)],
    "Rights 10:211@ Premium Rs 135/-": [("rights", None, None, None)],
    "Rights 1:4 @ Premium Re 1/-": [("rights", None, None, None)],
    "Rights 1:4 @ Premium Rs 30": [("rights", None, None, None)],
    "Rights 1:1": [("rights", None, None, "rights_price_unknown")],
    "Rights 1:4 @ Premium Rs 11/- With 2 Warrants For 5 Equity Shares": [
        ("rights", None, None, "rights_with_warrants")
    ],
    # what has no factor of its own
    "Buy Back": [NONE],
    "Buyback": [NONE],
    "Interest Payment": [NONE],
    "Redemption": [NONE],
    "Merger": [NONE],
    "Demerger": [("demerger", None, None, "demerger_value_unknown")],
    "Capital Reduction": [("capital_reduction", None, None, "capital_reduction_ratio_unknown")],
    # what nobody can read
    "Scheme Of Arrangement": [("unknown", None, None, "scheme_terms_unknown")],
    "Something New 3:4": [UNREAD],
    "Something New/Dividend - Rs 2 Per Share": [UNREAD, cash(2)],
    "Annual General Meeting And Then Some": [("unknown", None, None, "text_not_understood")],
    "Dividend - Two Rupees": [("dividend", None, None, "text_not_understood")],
    "Dividend - Rs 2 Per Share Or More": [("dividend", None, None, "text_not_understood")],
    "": [UNREAD],
    " / ": [UNREAD],
}

REMARKS: dict[str, Clause] = {
    "Bonus 1:1 (Purpose Revised)": ("bonus", 2.0, None, None),
    "Dividend - Rs 2 Per Share(Purpose Revised)": cash(2),
}


@pytest.fixture(scope="module")
def read(
    built_once: Callable[[str, Callable[[Any], None]], Any],
) -> dict[str, list[Clause]]:
    """What the models make of each wording, in the order of its clauses."""
    warehouse = built_once("wordings", fill)
    rows = warehouse.query(
        "select a.subject, c.event_type, c.share_factor, c.amount_inr, c.flaw "
        "from intermediate.int_corporate_actions__announcements as a "
        "left join intermediate.int_corporate_actions__clauses as c using (announcement_sk) "
        "order by a.subject, c.clause_no"
    )
    found: dict[str, list[Clause]] = {}
    for subject, *clause in rows:
        found.setdefault(subject or "", []).append(tuple(clause))
    return found


def fill(warehouse: Any) -> None:
    warehouse.execute(
        "create schema if not exists intermediate; create table "
        "intermediate.int_securities__aliases (security_sk bigint, symbol varchar, "
        "valid_from date, valid_to date, link_reason varchar)"
    )
    subjects = [*WORDINGS, *REMARKS]
    warehouse.execute(
        "insert into raw_data.nse_corporate_actions by name select $1::json as payload, 'k' as "
        "source_key, $2 as record_no, timestamp '2023-01-01' as fetched_at, date '2023-01-01' as "
        "trade_date, now() as loaded_at",
        [
            [json.dumps({"symbol": f"S{n:03}", "subject": subject, "series": "EQ"}), n]
            for n, subject in enumerate(subjects, start=1)
        ],
    )
    models = [
        f"int_corporate_actions__{m}" for m in ("parsed", "announcements", "pieces", "clauses")
    ]
    run = warehouse.dbt(
        "build", "--exclude-resource-type", "unit_test", "-s", "stg_nse__corporate_actions", *models
    )
    assert run.returncode == 0, run.output


@pytest.mark.parametrize("subject", WORDINGS)
def test_a_wording_is_understood_or_parked(subject: str, read: dict[str, list[Clause]]) -> None:
    expected = WORDINGS[subject]
    found = read[subject.strip() if subject.strip() else ""]
    assert [(kind, flaw) for kind, _, _, flaw in found] == [
        (kind, flaw) for kind, _, _, flaw in expected
    ]
    for (_, factor, amount, _), (_, found_factor, found_amount, _) in zip(
        expected, found, strict=True
    ):
        assert found_factor == (None if factor is None else pytest.approx(factor, rel=1e-12))
        assert found_amount == (None if amount is None else pytest.approx(amount, rel=1e-12))


@pytest.mark.parametrize("subject", REMARKS)
def test_a_remark_does_not_hide_the_event(subject: str, read: dict[str, list[Clause]]) -> None:
    assert read[subject] == [REMARKS[subject]]
