{#- How the exchange words its corporate actions: what begins a clause, and what the clause is then
    called. The order counts, the longer phrase first. Matched in lower case with single blanks;
    the names are upper case, so that a phrase never matches inside a name. -#}
{% macro corporate_action_phrases() -%}
  {%- set dividend = '(dividends?|div[.]?)' -%}
  {%- set nth = '((1st|2nd|3rd|4th|first|second|third|fourth|fifth) *)?' -%}
  {%- set paper = '(nc?c?rps|ocrps|ccps|ncds?|debentures?|preference|pref|dvrs?|redeemable)' -%}
  {{ return([
    ['(scheme of arrangement *[-:/]* *)?bonus *(issue *)?(of *)?' ~ paper ~ '( shares?)?', 'OTHER_PAPER'],
    ['annual general *meetings?|extra *-? *ordinary *-? *general *meetings?|postal ballot', 'MEETING'],
    ['court convened meeting|general meeting', 'MEETING'],
    ['face val(ue)? *spli?t( *[(]? *sub *-? *division *[)]?)?', 'SPLIT'],
    ['(fv|stock|share) *spli?t|sub *-? *division( of (equity )?shares?)?', 'SPLIT'],
    ['(face value *)?consolidation( of (equity )?shares?)?', 'CONSOLIDATION'],
    ['special *(interim *)?(cash *)?' ~ dividend ~ '|interim special *' ~ dividend, 'SPECIAL'],
    [nth ~ '(interim|int[.]?) *' ~ dividend, 'INTERIM'],
    ['(final|fin[.]?) *' ~ dividend, 'FINAL'],
    ['(total *)?dividends?', 'DIVIDEND'],
    ['bonus( issue)?( of equity shares)?', 'BONUS'],
    ['rights?( issue)?( of equity shares)?', 'RIGHTS'],
    ['buy *-? *back( of (equity )?shares)?', 'BUYBACK'],
    ['de *-? *merger|spin *-? *off', 'DEMERGER'],
    ['capital reduction|reduction of (share )?capital', 'REDUCTION'],
    ['amalgamation|merger', 'MERGER'],
    ['redemption', 'REDEMPTION'],
    ['(composite )?scheme of arrangement', 'SCHEME'],
    ['interest payment|payment of interest', 'INTEREST'],
    ['interest on fixed deposits?|interest( amount| income)?', 'UNITPART'],
    ['(repayment|proceeds) of (spv )?(debt|loan|capital)|return of capital', 'UNITPART'],
    ['(proceeds of )?amorti[sz]ation( of (spv )?debt)?|(treasury|other) income', 'UNITPART'],
  ]) }}
{%- endmacro %}

{#- Spellings that the feed has shown, and what was meant. -#}
{% macro corporate_action_spellings() -%}
  {{ return([
    ['inteirm|inteim|intrim|interium|intereim', 'interim'],
    ['specia ldivi', 'special divi'],
    ['dividned|divident|divdend|devidend', 'dividend'],
    ['oridinary|ordinery', 'ordinary'],
    ['interst', 'interest'],
    ['rs[.]', 'rs '],
    ['re[.]', 're '],
  ]) }}
{%- endmacro %}

{#- Pairs of what is written and what is put there: spellings first, then "|NAME " for every phrase, so
    that the text can be split at "|". -#}
{% macro corporate_action_replacements() -%}
  {%- set pairs = corporate_action_spellings() -%}
  {%- for pattern, name in corporate_action_phrases() -%}
    {%- do pairs.append([pattern, '|' ~ name ~ ' ']) -%}
  {%- endfor -%}
  {{ return(pairs) }}
{%- endmacro %}

{% macro regexp_replace_each(text, pairs) -%}
  {%- set replaced = namespace(sql=text) -%}
  {%- for pattern, replacement in pairs -%}
    {%- set replaced.sql = regexp_replace_all(replaced.sql, pattern, replacement) -%}
  {%- endfor -%}
  {{ replaced.sql }}
{%- endmacro %}

{#- The grammars of what may follow a phrase; whatever does not match whole is for a person to read. -#}
{% macro corporate_action_grammar(name) -%}
  {%- set number = '([0-9][0-9,]*([.][0-9]+)?|[.][0-9]+)' -%}
  {%- set money = '((rs|re|inr) *)?[. -]*' ~ number ~ ' *(/ *-|/|-)?' -%}
  {%- set each = '( *(per|each)( *(equity *)?(shares?|sh|units?)[.]?)?)?' -%}
  {%- set ratio = '[0-9]+ *: *[0-9]+' -%}
  {{ return({
    'number': number,
    'amount': money ~ ' *((rs|re)[.]?)?' ~ each,
    'no_amount': '((rs|re)[. -]*)?(per *(shares?|sh|units?)?)?',
    'ratio': ratio,
    'face_values': '[(]?((from|frm) *)?' ~ money ~ each ~ ' *(to|-) *' ~ money ~ each ~ ' *[)]?',
    'rights': ratio ~ ' *@? *(at *)?(a *)?prem(ium)?[.]? *(of *)?' ~ money ~ each,
    'rights_at_par': ratio ~ ' *@? *(at *)?par',
    'other_paper': ratio ~ '.*(ncrps|ncd|debenture|pref|dvr).*',
  }[name]) }}
{%- endmacro %}
