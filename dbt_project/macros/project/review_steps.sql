{#- Whether an event is a thing for a person to look at, and of which kind; NULL when it is not. -#}
{% macro review_kind() -%}
  case
    when final_status = 'contradicted' then 'contradicted_factor'
    when final_status = 'orphaned' then 'orphaned_factor'
    when final_status = 'needs_review' and judgement = 'symbol_unknown' then 'unknown_symbol'
    when final_status = 'needs_review' then 'text_or_figure'
    when is_manual and final_status = 'applied' and gap_as_it_is < gap_after_factors / 2
      and gap_after_factors > {{ var('adjustment_contradiction_gap') }}
      then 'doubtful_correction'
  end
{%- endmacro %}

{#- What to do next, by the kind and reason of a review. -#}
{% macro review_step() -%}
  {%- set correct = 'add a line (symbol, ex_date, share_factor, evidence) to the file of corrections' -%}
  case
    when review_kind = 'unexplained_jump' and suggested_ratio is not null
      then 'Look for an announcement of that day; if it happened, {{ correct }}.'
    when review_kind = 'unexplained_jump'
      then 'Look for a demerger, a scheme or a wrong price that day; a wrong price is fetched again.'
    when review_kind = 'labelled_jump' then 'Nothing, unless the cause named is wrong.'
    when review_kind = 'contradicted_factor'
      then 'Look for a mis-keyed symbol or date; to apply it all the same, {{ correct }}.'
    when review_kind = 'orphaned_factor'
      then 'Check the symbol: the security has no bar before that day, so the factor changes nothing.'
    when review_kind = 'unknown_symbol'
      then 'Load the sessions of the symbol, or the symbol changes that lead to it.'
    when review_kind = 'doubtful_correction'
      then 'Check the correction: the price of that day says that nothing happened.'
    when reason = 'demerger_value_unknown'
      then 'Nothing is adjusted; to do it all the same, {{ correct }}.'
    when reason = 'dividend_amount_unknown'
      then 'Fetch the actions of that time again: the amount often comes later. Total return lacks it.'
    when reason in ('rights_price_unknown', 'rights_with_warrants', 'rights_face_value_unclear')
      then 'Total return lacks it; look the issue price up if it matters.'
    else 'Read the announcement; if the share count changed, {{ correct }}.'
  end
{%- endmacro %}
