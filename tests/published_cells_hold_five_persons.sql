-- No published cell may rest on fewer persons than the disclosure limit (docs/disclosure.md).
select
    published_table,
    cell,
    persons
from {{ ref('release_bases') }}
where
    is_shown
    and persons < {{ disclosure_limit() }}
