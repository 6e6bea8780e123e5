{#- What a clause is, from its phrase and its figures: the event type. -#}
{% macro corporate_action_type() -%}
  case
    when phrase = 'BONUS' and {{ text_matches('said', corporate_action_grammar('other_paper')) }}
      then 'none'
    when phrase = 'BONUS' then 'bonus'
    when phrase in ('SPLIT', 'CONSOLIDATION') and figure_1 < figure_2 then 'consolidation'
    when phrase = 'SPLIT' then 'split'
    when phrase = 'CONSOLIDATION' then 'consolidation'
    when phrase = 'RIGHTS' then 'rights'
    when phrase in ('DIVIDEND', 'INTERIM', 'FINAL') then 'dividend'
    when phrase = 'SPECIAL' then 'special_dividend'
    when phrase in ('DISTRIBUTION', 'UNITPART') then 'distribution'
    when phrase = 'DEMERGER' then 'demerger'
    when phrase = 'REDUCTION' then 'capital_reduction'
    when phrase in ('OTHER_PAPER', 'BUYBACK', 'INTEREST', 'MERGER', 'REDEMPTION') then 'none'
    when phrase = 'MEETING' and said = '' then 'none'
    else 'unknown'
  end
{%- endmacro %}

{#- Why a clause cannot be used as it stands, or NULL: what a person must look up. -#}
{% macro corporate_action_flaw() -%}
  {%- set is_ratio = text_matches('said', corporate_action_grammar('ratio')) -%}
  {%- set is_amount = text_matches('said', corporate_action_grammar('amount')) -%}
  {%- set is_no_amount = text_matches('said', corporate_action_grammar('no_amount')) -%}
  case
    when phrase = 'BONUS' and {{ text_matches('said', corporate_action_grammar('other_paper')) }}
      then null
    when phrase = 'BONUS' and not {{ is_ratio }} then 'text_not_understood'
    when phrase = 'BONUS' and (figure_1 = 0 or figure_2 = 0) then 'zero_in_ratio'
    when phrase in ('SPLIT', 'CONSOLIDATION') then case
      when not {{ text_matches('said', corporate_action_grammar('face_values')) }}
        then 'text_not_understood'
      when figure_1 = 0 or figure_2 = 0 then 'zero_in_ratio'
      when figure_1 = figure_2 then 'face_value_unchanged'
      when phrase = 'SPLIT' and figure_1 < figure_2 then 'split_that_consolidates'
      when phrase = 'CONSOLIDATION' and figure_1 > figure_2 then 'consolidation_that_splits'
    end
    when phrase = 'RIGHTS' then case
      when {{ text_matches('said', '.*warrant.*') }} then 'rights_with_warrants'
      when {{ is_ratio }} then 'rights_price_unknown'
      when not {{ text_matches('said', corporate_action_grammar('rights')) }}
        and not {{ text_matches('said', corporate_action_grammar('rights_at_par')) }}
        then 'text_not_understood'
      when figure_1 = 0 or figure_2 = 0 then 'zero_in_ratio'
    end
    when phrase in ('DIVIDEND', 'INTERIM', 'FINAL', 'SPECIAL', 'UNITPART') then case
      when {{ is_no_amount }} then 'dividend_amount_unknown'
      when not {{ is_amount }} then 'text_not_understood'
    end
    when phrase = 'DISTRIBUTION' then case
      when not {{ text_matches('said', corporate_action_grammar('amount') ~ '([^0-9].*)?') }}
        then 'dividend_amount_unknown'
    end
    when phrase = 'DEMERGER' then 'demerger_value_unknown'
    when phrase = 'REDUCTION' then 'capital_reduction_ratio_unknown'
    when phrase = 'SCHEME' then 'scheme_terms_unknown'
    when phrase in ('UNKNOWN', 'EMPTY') or (phrase = 'MEETING' and said <> '') then 'text_not_understood'
  end
{%- endmacro %}
