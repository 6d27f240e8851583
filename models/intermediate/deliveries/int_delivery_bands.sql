with

bands as (

    {{ delivery_bands() }}

)

select * from bands
