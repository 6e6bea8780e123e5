"""From landing to raw: a pure function of one landed object; what is refused goes to quarantine."""

from ingestion.promotion.promote import (
    PromotionReport,
    pending_keys,
    promote_object,
    promote_pending,
)

__all__ = ["PromotionReport", "pending_keys", "promote_object", "promote_pending"]
