"""A population to fill stores with: made up, and distributed as a real one is.

Two hundred names are the commonest of France, in about their order; thirty thousand are made
of syllables. MARTIN is the name of 0.4 % of all. The other place is an island where two names
of ten thousand bear nearly four people of a hundred. Ages, given names of each decade and names
in use of married women are about those of France. The same seed gives the same people.
"""

from bisect import bisect
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from itertools import accumulate, count
from random import Random
from typing import NamedTuple

THIS_YEAR = 2026
"""In which they are as old as :func:`people` draws them."""
MADE_NAMES = 30_000
MARTIN = 0.004
PAYET = 0.02

_COMMON = """
MARTIN BERNARD THOMAS PETIT ROBERT RICHARD DURAND DUBOIS MOREAU LAURENT SIMON MICHEL LEFEBVRE
LEROY ROUX DAVID BERTRAND MOREL FOURNIER GIRARD BONNET DUPONT LAMBERT FONTAINE ROUSSEAU VINCENT
MULLER LEFEVRE FAURE ANDRE MERCIER BLANC GUERIN BOYER GARNIER CHEVALIER FRANCOIS LEGRAND
GAUTHIER GARCIA PERRIN ROBIN CLEMENT MORIN NICOLAS HENRY ROUSSEL MATHIEU GAUTIER MASSON MARCHAND
DUVAL DENIS DUMONT MARIE LEMAIRE NOEL MEYER DUFOUR MEUNIER BRUN BLANCHARD GIRAUD JOLY RIVIERE
LUCAS BRUNET GAILLARD BARBIER ARNAUD MARTINEZ GERARD ROCHE RENARD SCHMITT ROY LEROUX COLIN VIDAL
CARON PICARD ROGER FABRE AUBERT LEMOINE RENAUD DUMAS LACROIX OLIVIER PHILIPPE BOURGEOIS PIERRE
BENOIT REY LECLERC PAYET ROLLAND LECLERCQ GUILLAUME LECOMTE LOPEZ JEAN DUPUY GUILLOT HUBERT
BERGER CARPENTIER SANCHEZ DUPUIS MOULIN LOUIS DESCHAMPS HUET VASSEUR PEREZ BOUCHER FLEURY ROYER
KLEIN JACQUET ADAM PARIS POIRIER MARTY AUBRY GUYOT CARRE CHARLES RENAULT CHARPENTIER MENARD
MAILLARD BARON BERTIN BAILLY HERVE SCHNEIDER FERNANDEZ LE_GALL COLLET LEGER BOUVIER JULIEN
PREVOST MILLET PERROT DANIEL LE_ROUX COUSIN GERMAIN BRETON BESSON LANGLOIS REMY LE_GOFF
PELLETIER LEVEQUE PERRIER LEBLANC BARRE LEBRUN MARCHAL WEBER MALLET HAMON BOULANGER JACOB
MONNIER MICHAUD RODRIGUEZ GUICHARD GILLET ETIENNE GRONDIN POULAIN TESSIER CHEVALLIER COLLIN
CHAUVIN DA_SILVA BOUCHET GAY LEMAITRE BENARD MARECHAL HUMBERT REYNAUD ANTOINE HOARAU PERRET
BARTHELEMY CORDIER PICHON LEJEUNE GILBERT LAMY DELAUNAY PASQUIER CARLIER LAPORTE
"""
_ISLAND = {
    "PAYET": PAYET,
    "HOARAU": 0.017,
    "GRONDIN": 0.012,
    "BOYER": 0.009,
    "RIVIERE": 0.008,
    "ROBERT": 0.007,
    "FONTAINE": 0.006,
    "LEBON": 0.006,
    "MAILLOT": 0.006,
    "DIJOUX": 0.005,
    "TECHER": 0.005,
    "HOAREAU": 0.004,
    "TURPIN": 0.004,
    "BEGUE": 0.004,
    "LAURET": 0.003,
}
_FLAT = 80
"""By how much the first ranks of Zipf's law are flattened: no other name is near MARTIN."""
_BEGINS = (
    *("B", "BL", "BR", "C", "CH", "CL", "CR", "D", "DR", "F", "FL", "FR"),
    *("G", "GL", "GR", "GU", "H", "J", "L", "M", "N", "P", "PL", "PR"),
    *("QU", "R", "S", "T", "TR", "V"),
)
_VOWELS = (
    *("A", "AI", "AU", "E", "EU", "I", "O", "OI", "OU", "U", "AN", "EN"),
    *("IN", "ON"),
)
_BETWEEN = (
    *("B", "BR", "C", "CH", "D", "DR", "F", "G", "GN", "L", "LL", "M"),
    *("MM", "N", "NN", "P", "R", "RD", "RM", "RN", "RR", "RT", "S", "SS"),
    *("ST", "T", "TR", "V"),
)
_ENDS = """
EAU ARD IN ET IER OT AUD ON EL AULT OIS AT ERE IN ELLE ETTE Y AS ILLE OUX IGNY AC OU EZ ER OIN
"""
_GIVEN = {
    1920: """Jeanne Marie Denise Simone Madeleine Yvonne Suzanne Paulette Germaine Marcelle Odette
        Andrée / Jean André Pierre Marcel René Roger Robert Louis Henri Georges Maurice Raymond""",
    1930: """Jeannine Marie Jacqueline Denise Monique Paulette Yvette Ginette Simone Thérèse
        Huguette Colette / Jean André Pierre Jacques Roger Robert René Michel Claude Marcel Guy
        Raymond""",
    1940: """Monique Marie Nicole Jacqueline Françoise Danielle Michèle Christiane Josette Annie
        Colette Liliane / Michel Jean Claude Jean-Pierre Bernard André Jacques Daniel Pierre
        Gérard Alain Jean-Claude""",
    1950: """Marie Martine Françoise Catherine Monique Chantal Christine Brigitte Anne Sylvie
        Dominique Marie-Christine / Michel Alain Philippe Patrick Jean Gérard Bernard Christian
        Daniel Jean-Pierre Jacques Dominique""",
    1960: """Sylvie Nathalie Catherine Isabelle Christine Véronique Valérie Corinne Patricia
        Sandrine Laurence Brigitte / Philippe Pascal Éric Thierry Patrick Laurent Christophe Bruno
        Frédéric Didier Olivier Alain""",
    1970: """Sandrine Stéphanie Nathalie Céline Karine Virginie Isabelle Christelle Valérie Sophie
        Delphine Laetitia / Stéphane Christophe David Nicolas Sébastien Laurent Frédéric Jérôme
        Olivier Éric Cédric Julien""",
    1980: """Aurélie Émilie Céline Julie Élodie Stéphanie Laetitia Audrey Marie Mélanie Amandine
        Jennifer / Nicolas Julien Sébastien Guillaume Mickaël Alexandre Romain Jérémy Mathieu
        Thomas Cédric David""",
    1990: """Laura Marine Marion Pauline Julie Manon Camille Marie Léa Anaïs Chloé Sarah / Kévin
        Alexandre Thomas Nicolas Anthony Maxime Romain Florian Quentin Antoine Clément Lucas""",
    2000: """Léa Manon Emma Chloé Camille Clara Inès Sarah Océane Jade Marie Lucie / Lucas Théo
        Enzo Thomas Hugo Mathis Maxime Nathan Alexandre Clément Antoine Louis""",
    2010: """Emma Louise Jade Chloé Alice Lina Léa Inès Manon Zoé Camille Léna / Lucas Gabriel
        Louis Léo Jules Raphaël Nathan Arthur Hugo Ethan Adam Enzo""",
    2020: """Jade Louise Emma Ambre Alba Alice Rose Alma Anna Mia Romy Lou / Gabriel Léo Raphaël
        Louis Arthur Jules Noah Adam Maël Lucas Gabin Liam""",
}
"""The names of a decade's girls, then of its boys, the commonest first."""
_OF_ANY_DECADE, _OF_TWO_NAMES, _PARTICLE, _DOUBLE = 0.4, 0.15, 0.03, 0.02
_STREETS = (*("des Lilas", "de la Gare", "Victor Hugo", "de l'Église", "du Moulin", "Pasteur"),)
_TOWNS = (
    *("Villeneuve", "Saint-Martin", "Beaulieu", "Neuville"),
    *("Belleville", "Saint-Denis", "Montfort"),
)


class Place(StrEnum):
    """Where the people live; the value is what a figure is called by."""

    MAINLAND = "mainland"
    ISLAND = "island"


class Person(NamedTuple):
    """Somebody of the population; ``birth_date`` is ISO, ``used_name`` may be empty."""

    birth_name: str
    first_names: str
    birth_date: str
    nir: str
    sex: str
    used_name: str
    address: str

    @property
    def age(self) -> int:
        """How old he becomes in :data:`THIS_YEAR`."""
        return THIS_YEAR - int(self.birth_date[:4])


def people(seed: int, place: Place = Place.MAINLAND) -> Iterator[Person]:
    """Yield people without end, no two of the same traits or number: the same by one seed."""
    random, known = Random(f"{seed} {place}"), set[tuple[str, str, str]]()  # noqa: S311 -- the same people at each run are wanted
    for number in count():
        person = _person(random, place, number)
        while (traits := (person.birth_name, _first(person), person.birth_date)) in known:
            person = _person(random, place, number)
        known.add(traits)
        yield person


@cache
def family_names(place: Place) -> Mapping[str, float]:
    """Return each family name's share of the people of a place; together they are 1."""
    heads = {"MARTIN": MARTIN} if place is Place.MAINLAND else _ISLAND
    others = [name for name in (*_common(), *_made_names()) if name not in heads]
    weights = [1 / (rank + _FLAT) for rank in range(2, len(others) + 2)]
    left = (1 - sum(heads.values())) / sum(weights)
    return heads | {name: left * each for name, each in zip(others, weights, strict=True)}


def _person(random: Random, place: Place, number: int) -> Person:
    born = _birth_date(random)
    sex = random.choice("FM")
    name = _family(place).drawn(random)
    if random.random() < _DOUBLE:
        name = f"{name}-{_family(place).drawn(random)}"
    return Person(
        birth_name=name,
        first_names=_given_names(random, born.year, sex),
        birth_date=born.isoformat(),
        nir=_nir(sex, born, number),
        sex=sex,
        used_name=_used_name(random, place, born.year) if sex == "F" else "",
        address=_address(random, place),
    )


class _Drawing:
    """Names drawn by their shares."""

    def __init__(self, shares: Mapping[str, float]) -> None:
        self._names = tuple(shares)
        self._bounds = tuple(accumulate(shares.values()))

    def drawn(self, random: Random) -> str:
        at = bisect(self._bounds, random.random() * self._bounds[-1])
        return self._names[min(at, len(self._names) - 1)]


@cache
def _family(place: Place) -> _Drawing:
    return _Drawing(family_names(place))


@cache
def _given(decade: int, sex: str) -> _Drawing:
    """Return the given names of a decade's people, or of anybody's with 0."""
    lists = [_GIVEN[decade]] if decade else list(_GIVEN.values())
    names = [each.split("/")[sex == "M"].split() for each in lists]
    together = list(dict.fromkeys(name for each in names for name in each))
    return _Drawing({name: 1 / (rank + 3) for rank, name in enumerate(together)})


def _given_names(random: Random, year: int, sex: str) -> str:
    decade = min(max(year // 10 * 10, min(_GIVEN)), max(_GIVEN))
    first = _given(0 if random.random() < _OF_ANY_DECADE else decade, sex).drawn(random)
    if random.random() >= _OF_TWO_NAMES:
        return first
    return f"{first}, {_given(0, sex).drawn(random)}"


def _first(person: Person) -> str:
    return person.first_names.partition(",")[0]


def _used_name(random: Random, place: Place, year: int) -> str:
    """Return the name of a woman's husband, as most of the older ones bear it."""
    age = THIS_YEAR - year
    share = 0.75 if age > 60 else 0.5 if age > 30 else 0.05 if age > 20 else 0.0
    return _family(place).drawn(random) if random.random() < share else ""


def _birth_date(random: Random) -> date:
    """Draw a day: each age is as common as others up to 74, then rarer and rarer."""
    age = random.randrange(75) if random.random() < 0.88 else 74 + int(28 * _early(random))
    return date(THIS_YEAR - age, 1, 1) + timedelta(random.randrange(365))


def _early(random: Random) -> float:
    """Draw a number from 0 to 1, near 0 most often."""
    return min(random.random(), random.random())


def _nir(sex: str, born: date, number: int) -> str:
    """Return a number as registers give them, unlike all others by what counts the births."""
    digits = f"{2 if sex == 'F' else 1}{born:%y%m}{number:08}"
    return f"{digits}{97 - int(digits) % 97:02}"


def _address(random: Random, place: Place) -> str:
    code = random.randrange(97400, 97440) if place is Place.ISLAND else random.randrange(95000)
    street, town = random.choice(_STREETS), random.choice(_TOWNS)
    return f"{random.randrange(1, 120)} rue {street}, {code:05} {town}"


def _common() -> list[str]:
    return [name.replace("_", " ") for name in _COMMON.split()]


def _made_names() -> list[str]:
    """Return names of two and three syllables, some with a particle, the same at each run."""
    random, made = Random("names"), dict[str, None]()  # noqa: S311 -- see people
    ends, known = _ENDS.split(), set(_common())
    while len(made) < MADE_NAMES:
        middle = (
            random.choice(_VOWELS) + random.choice(_BETWEEN) if random.random() < 0.4 else ""
        )
        name = random.choice(_BEGINS) + random.choice(_VOWELS) + random.choice(_BETWEEN)
        name += middle + random.choice(ends)
        if random.random() < _PARTICLE:
            name = f"{random.choice(('LE', 'DE', 'DE LA'))} {name}"
        if name not in known:
            made[name] = None
    return list(made)
