"""What news need before dbt: near-duplicates brought together, and headlines given a tone.

Lands in raw/source=enrichment/dataset=news; `investiq enrich` runs it alone.
"""

from ingestion.enrichment.enrich import EnrichReport, enrich_pending

__all__ = ["EnrichReport", "enrich_pending"]
