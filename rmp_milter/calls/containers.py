"""Which kind of CMS message a stored body of S/MIME is; for whoever puts readers in front of it."""

from collections.abc import Mapping

from rmp_milter.cms import CmsKind
from rmp_milter.dossier.model import Container

CMS_KINDS: Mapping[Container, CmsKind] = {
    Container.ENVELOPED: CmsKind.ENVELOPED,
    Container.AUTH_ENVELOPED: CmsKind.AUTHENTICATED,
}
CONTAINERS: Mapping[CmsKind, Container] = {kind: each for each, kind in CMS_KINDS.items()}
