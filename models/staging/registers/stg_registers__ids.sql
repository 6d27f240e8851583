-- The ids of the delivery as messages compare with them (macros/deliveries/examples.sql)
with

-- each register's own first: what follows is done once for an id, and not once for a row
delivered as (

    {% for register, columns in {
        'bef': ['pnr', 'familie_id', 'e_faelle_id'], 'vnds': ['pnr'], 'flyt': ['pnr'], 'dod': ['pnr'], 'ophg': ['pnr'],
        'dream': ['pnr'], 'bfl': ['pnr'], 'lmdb': ['pnr'], 'lpr_adm': ['pnr'], 'sssy': ['pnr'], 'danskudd': ['pnr'],
        'sygehusbenyttelse_ophold': ['pnr'], 'lpr_a_kontakt': ['pnr'],
    }.items() %}
    {% for column in columns %}
    select {{ to_person_id('value') }} as id
    from (
        select distinct {{ column }} as value from {{ register_source(register) }}
    ) as {{ register }}_{{ column }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

each_once as (

    select distinct id from delivered

),

plain as (

    select distinct {{ plain_value('id') }} as id
    from each_once
    where length({{ plain_value('id') }}) >= 4  -- shorter ones are codes and counts as well

),

compared as (

    select
        case
            when length({{ without_leading_zeros('id') }}) >= 4
                then {{ without_leading_zeros('id') }}
        end as id_key,
        {{ form_of('id') }} as id_form,
        length(id) as id_length
    from plain

)

select * from compared
