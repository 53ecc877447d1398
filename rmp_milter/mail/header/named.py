"""The names of a header's patient: what ``Patient``, ``Nom``, ``Prénom`` say, brought together."""

from collections.abc import Iterable, Mapping

import msgspec

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.header.identity_line import apart
from rmp_milter.mail.header.lines import Line
from rmp_milter.mail.header.names import Names, readings, without_title
from rmp_milter.mail.header.patients import is_plural
from rmp_milter.mail.header.troubles import Problem, Trouble
from rmp_milter.mail.header.words import Field, is_birth_name

NAMES = (Field.PATIENT, Field.BIRTH_NAME, Field.FIRST_NAMES, Field.USED_NAME)
"""The words that name the patient."""
_SHOWN = 80


def spread(lines: Iterable[Line]) -> list[Line]:
    """Return the lines, what one line says of date and age in lines of their own.

    Where one line says ``Nom de naissance``, plain ``Nom`` is the name in use.
    """
    lines = list(lines)
    by_birth = {fold(line.value) for line in lines if line.value and is_birth_name(line.word)}
    told: list[Line] = []
    for line in lines:
        if line.field not in (Field.PATIENT, Field.BIRTH_NAME) or not line.value:
            told.append(line)
            continue
        said = apart(line.value)
        field: Field = line.field
        is_plain = line.field is Field.BIRTH_NAME and not is_birth_name(line.word)
        if by_birth and is_plain and fold(without_title(said.names)) not in by_birth:
            field = Field.USED_NAME
        names = line.value if len(line.value) > len(said.names) + _SHOWN else said.names
        told.append(msgspec.structs.replace(line, value=names, field=field))
        if said.born:
            told.append(Line(Field.BIRTH_DATE.value, said.born, Field.BIRTH_DATE))
        if said.age:
            told.append(Line(Field.AGE.value, said.age, Field.AGE))
    return told


def brought_together(said: Mapping[Field, str]) -> Names | Problem:
    """Return the patient's names, or what is wrong with them."""
    name, given = said.get(Field.BIRTH_NAME, ""), said.get(Field.FIRST_NAMES, "")
    whole = said.get(Field.PATIENT, "")
    if whole:
        return _from_whole(whole, name, given)
    return _from_parts(name, given)


def _from_whole(whole: str, name: str, given: str) -> Names | Problem:
    if is_plural(whole):
        return Problem(Trouble.OTHER_PATIENT, Field.PATIENT.value, whole[:_SHOWN])
    found = readings(whole)
    if len(found) != 1 and name and given:
        found = _read_with(name, given, whole)
    elif len(found) > 1 and (name or given):
        found = tuple(each for each in found if _agrees(each, name, given)) or found
    if not found:
        return Problem(Trouble.UNREADABLE, Field.PATIENT.value, whole[:_SHOWN])
    if len(found) > 1:
        shown = " / ".join(map(str, found))[:_SHOWN]
        return Problem(Trouble.TWO_READINGS, Field.PATIENT.value, shown)
    if not _agrees(found[0], without_title(name), given):
        return Problem(Trouble.CONTRADICTION, Field.PATIENT.value, whole[:_SHOWN])
    return found[0]._replace(
        birth=without_title(name) or found[0].birth, given=given or found[0].given
    )


def _from_parts(name: str, given: str) -> Names | Problem:
    """Read ``Nom`` beside ``Prénom``; in ``Nom : DUPONT Jean`` alone the first name stands too."""
    found = readings(name)
    split = found[0] if len(found) == 1 else Names()
    if split.used or (split.given and not given):
        pass
    elif split.given and fold(split.given) == fold(given):
        return split._replace(given=given)
    elif split.given:
        return Problem(Trouble.CONTRADICTION, Field.BIRTH_NAME.value, name[:_SHOWN])
    elif len(found) > 1 and any(each.used for each in found):
        shown = " / ".join(map(str, found))[:_SHOWN]
        return Problem(Trouble.TWO_READINGS, Field.BIRTH_NAME.value, shown)
    else:
        return Names(without_title(name), given)
    if split.given and given and fold(split.given) != fold(given):
        return Problem(Trouble.CONTRADICTION, Field.BIRTH_NAME.value, name[:_SHOWN])
    return split._replace(given=given or split.given)


def _agrees(found: Names, name: str, given: str) -> bool:
    pairs = ((name, found.birth), (given, found.given))
    return all(not mine or not its or fold(mine) == fold(its) for mine, its in pairs)


def _read_with(name: str, given: str, whole: str) -> tuple[Names, ...]:
    both = (fold(f"{name} {given}"), fold(f"{given} {name}"))
    return (Names(name, given),) if fold(whole) in both else ()
