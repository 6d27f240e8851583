"""What is true: persons, their histories and what is spent on them.

The modules follow the order of the simulation. `calendar` and `classifications` say what the world is
measured in, and `constants` holds every free number. `population` draws persons, and `health` and `case_mix`
describe them. `benchmark` chooses how well each municipality is to do, `settlement` gives every person a
municipality, `histories` simulates the spells, and `counting_out` leaves the printed number of them.
`creation` runs these in that order and returns a `world.World`. `residence`, `spending` and `expenditure`
follow from it. `truth` puts all of it into the tables that a test compares with.
"""
