"""HPRIM messages as laboratories' software writes them."""


def hprim(  # noqa: PLR0913 -- the lines that a test varies
    name: str = "DUPONT",
    first_name: str = "Hélène",
    birth_date: str = "30/01/1959",
    *,
    code: str = "00123",
    nir: str = "2 59 01 75 116 001 55",
    recipient: str = "0123456789Dr Anne AUTRE",
    results: str = "RES|GLY|Glycémie très élevée|N|11,0|g/l\n",
    end: str = "****FIN****\n",
) -> str:
    head = [code, name, first_name, "12 rue de l'Église", "", "69003 LYON", birth_date, nir]
    head += ["REF-2026-77", "12/11/2026", "LABO1     Laboratoire CENTRAL", recipient, ""]
    return "\n".join(head) + f"\n****LAB****\n{results}{end}"


FILE_END = "****FINFICHIER****\n"
