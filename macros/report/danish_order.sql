{#
    A sort key in Danish alphabetical order, whatever the engine's collation: æ, ø, å after z, and aa with å
    (Aabenraa and Aalborg come last).
#}
{% macro danish_order(name) -%}
    replace(
        replace(replace(replace(lower({{ name }}), 'aa', 'å'), 'æ', 'zza'), 'ø', 'zzb'),
        'å', 'zzc'
    )
{%- endmacro %}
