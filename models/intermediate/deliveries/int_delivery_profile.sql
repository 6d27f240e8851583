-- macros/deliveries/profile.sql writes the scans from models/sources.yml, where dbt sees no ref
-- depends_on: {{ ref('stg_registers__population') }}
-- depends_on: {{ ref('stg_registers__migrations') }}
-- depends_on: {{ ref('stg_registers__moves') }}
-- depends_on: {{ ref('stg_registers__deaths') }}
-- depends_on: {{ ref('stg_registers__permits') }}
-- depends_on: {{ ref('stg_registers__dream_weeks') }}
-- depends_on: {{ ref('stg_registers__match_groups') }}
-- depends_on: {{ ref('stg_registers__job_months') }}
-- depends_on: {{ ref('stg_registers__prescriptions') }}
-- depends_on: {{ ref('stg_registers__health_contacts') }}
-- depends_on: {{ ref('stg_registers__hospital_contacts') }}
-- depends_on: {{ ref('stg_registers__danish_education') }}
-- depends_on: {{ ref('int_population_links') }}
-- depends_on: {{ ref('int_migration_links') }}
-- depends_on: {{ ref('int_move_links') }}
-- depends_on: {{ ref('int_permit_links') }}
-- depends_on: {{ ref('int_delivery_persons') }}
-- depends_on: {{ ref('int_life_courses') }}
-- depends_on: {{ ref('int_paid_months') }}
-- depends_on: {{ ref('int_hospital_links') }}
-- depends_on: {{ ref('int_job_dates') }}
-- depends_on: {{ ref('int_prescription_links') }}
-- depends_on: {{ ref('int_health_links') }}
-- depends_on: {{ ref('int_dream_links') }}
-- depends_on: {{ ref('int_child_contacts') }}
-- depends_on: {{ ref('int_course_links') }}
-- depends_on: {{ ref('int_register_presence') }}
-- depends_on: {{ ref('int_dream_quarters') }}
with

{{ delivery_profile() }}

select * from measured
