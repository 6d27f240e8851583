-- Staging drops the export's total areas. An area that is neither one of the 98 municipalities nor
-- a known total (0 the country, 81-85 the regions, 9xx groups) would be dropped with them and its
-- money would be lost.
with

areas as (

    select
        'regk31' as export,
        "OMRÅDE" as area
    from {{ ref('regk31') }}
    union
    select
        'regk100' as export,
        "OMRÅDE" as area
    from {{ ref('regk100') }}

)

select
    areas.export,
    areas.area
from areas
left join {{ ref('municipalities') }} as municipalities
    on {{ to_code('areas.area', 3) }} = municipalities.municipality_code
where
    municipalities.municipality_code is null
    and {{ to_code('areas.area', 3) }} not in ('000', '081', '082', '083', '084', '085')
    and {{ to_code('areas.area', 3) }} not like '9__'
