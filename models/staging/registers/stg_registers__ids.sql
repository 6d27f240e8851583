-- The ids of the delivery as messages compare with them (macros/deliveries/examples.sql)
with

delivered as (

    {% for register, columns in {
        'bef': ['pnr', 'familie_id', 'e_faelle_id'], 'vnds': ['pnr'], 'flyt': ['pnr'], 'dod': ['pnr'], 'ophg': ['pnr'],
        'dream': ['pnr'], 'bfl': ['pnr'], 'lmdb': ['pnr'], 'lpr_adm': ['pnr'], 'sssy': ['pnr'], 'danskudd': ['pnr'],
    }.items() %}
    {% for column in columns %}
    select {{ to_person_id(column) }} as id from {{ source('registers', register) }}
    {{ 'union' if not loop.last }}
    {% endfor %}
    {{ 'union' if not loop.last }}
    {% endfor %}

),

plain as (

    select distinct {{ plain_value('id') }} as id
    from delivered
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
