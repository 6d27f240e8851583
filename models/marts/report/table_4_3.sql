with

expenditure_per_person as (

    select * from {{ ref('expenditure_per_person') }}

),

benchmark as (

    select * from {{ ref('int_benchmark_indicators') }}

),

benchmarked as (

    select
        expenditure_per_person.year,
        expenditure_per_person.municipality_code,
        expenditure_per_person.expenditure_per_full_year_person_dkk as expenditure_dkk
    from expenditure_per_person
    inner join benchmark
        on expenditure_per_person.municipality_code = benchmark.municipality_code

),

withheld as (

    select
        year,
        cast(count(*) - count(expenditure_dkk) as bigint) as municipalities_withheld
    from benchmarked
    group by year

),

cells as (

    select *
    from benchmarked
    where expenditure_dkk is not null

),

means as (

    select
        year,
        cast(count(*) as bigint) as municipalities,
        {{ exact_sum('expenditure_dkk') }} / count(*) as mean_dkk,
        min(expenditure_dkk) as min_dkk,
        max(expenditure_dkk) as max_dkk
    from cells
    group by year

),

squares as (

    select
        cells.year,
        {{ exact_sum('power(cells.expenditure_dkk - means.mean_dkk, 2)') }} as sum_of_squares
    from cells
    inner join means
        on cells.year = means.year
    group by cells.year

),

-- the print calls the standard error of the mean a standard deviation (docs, errata)
unlabelled as (

    select
        means.year,
        means.municipalities,
        withheld.municipalities_withheld,
        means.mean_dkk,
        means.min_dkk,
        means.max_dkk,
        sqrt(squares.sum_of_squares / (means.municipalities - 1) / means.municipalities)
            as standard_error_dkk
    from means
    inner join squares
        on means.year = squares.year
    inner join withheld
        on means.year = withheld.year

),

final as (

    {{ with_report_labels('unlabelled', 'table_4_3') }}

)

select * from final
order by row_position
