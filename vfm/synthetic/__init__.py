"""A synthetic delivery of the eleven registers and the municipal accounts, with the truth beside it.

The modules follow the order of the simulation: `calendar` and `classifications` say what the world is
measured in, `constants` holds every free number, `population` draws persons and settles them in
municipalities, `health` and `case_mix` describe them, `histories` simulates their spells, the `*_registers`
modules write the registers that imply exactly those spells, `accounts` the municipal accounts and `truth`
what an analyst would never see. `world` runs them in that order.
"""
