-- Adding payments from other municipalities takes them off only if the export stores income as
-- negative amounts, as Statbank does. A delivery with the other sign would raise every
-- municipality's expenditure.
select
    scope,
    year,
    amount_dkk
from {{ ref('national_expenditure') }}
where
    line = 'payments_from_municipalities'
    and amount_dkk > 0
