"""The contacts on a patient's sheet: they are his médecin traitant's and change with him."""

import msgspec

from rmp_milter.dossier.model import Sheet


def with_contacts(sheet: Sheet, said: Sheet) -> Sheet:
    """Return the sheet with the contacts of ``said``, or none, in place of the former's."""
    return msgspec.structs.replace(
        sheet, phone=said.phone, fax=said.fax, mobile=said.mobile, mail=said.mail
    )
