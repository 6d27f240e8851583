"""Columns that say who a row is about: no published table has one, and no message shows a pseudonym."""

#: Persons' pseudonyms as the registers name them; a family's id is the PNR of one of its members.
PSEUDONYMS = frozenset({"pnr", "familie_id", "e_faelle_id"})
#: With them the ids that the warehouse makes and those of contacts and persons in LPR.
IDENTIFIERS = PSEUDONYMS | {
    "person_id",
    "family_id",
    "partner_id",
    "spell_id",
    "contact_id",
    "pnr12",
    "recnum",
    "dw_ek_kontakt",
    "dw_ek_sygehusophold",
}
