"""What dbt knows of the project's sources."""

from vfm.warehouse import dbt_sql

sources = dbt_sql.sources() | dbt_sql.sources("later_registers")
