"""One mail, one way: from the envelope to the commit. The main path reads top to bottom.

    duplicate? → automatic? → shape → the keeper opens → sender → routing header → anything
    in clear? → the verb's handler (with the keeper) → answer (sealed by the keeper) → one commit

Nothing is kept before the commit and everything is durable after it. What is refused
before the sender is known is heard at SMTP time (:class:`MailError`); a known sender gets
an encrypted letter instead, committed like any answer.
"""

import time
from collections.abc import Sequence

import msgspec

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.keeper import GroundMoved, RemoteKeeper
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.opening import Open
from rmp_milter.dossier.model import Envelope, Verb
from rmp_milter.errors import RESTORED, MailError, try_again
from rmp_milter.handlers.asking.case import Case, PatientShare, Sender
from rmp_milter.handlers.asking.outcome import Outcome, Refusal
from rmp_milter.handlers.letters.dropped import (
    with_dropped,
    with_files_unsigned,
    with_left_aside,
)
from rmp_milter.handlers.letters.prolonged import with_prolonged
from rmp_milter.handlers.letters.refusal import attestation_fault, refusal_letter
from rmp_milter.handlers.letters.thanks import answer_to_thanks
from rmp_milter.handlers.table import HANDLERS
from rmp_milter.mail.header.routing import RoutingHeader, parse
from rmp_milter.mail.incoming.digest import duplicate_digest
from rmp_milter.mail.incoming.mimetree import MimeLimit, header_fields, scan
from rmp_milter.mail.incoming.shapes import recognise
from rmp_milter.mail.meaning.meant import check_named
from rmp_milter.mail.meaning.understanding import (
    Arrival,
    InService,
    check_arrival,
    check_request,
    is_thanks,
    lines_alone,
    understood,
    words_of,
)
from rmp_milter.milter.anew import with_one_keeper
from rmp_milter.milter.answering.ground import grounded
from rmp_milter.milter.answering.settling import Brought, changes_of
from rmp_milter.milter.answering.showing import show_committed
from rmp_milter.milter.clocks import HostTime, check_not_early, check_our_clock
from rmp_milter.milter.emergencies import refused
from rmp_milter.milter.guessing import Glances
from rmp_milter.milter.intake import (
    admit,
    check_clear,
    dropped,
    gather,
    harmless_message_id,
    objecting,
    thread_of,
)
from rmp_milter.milter.means import Gathered, Mail, Means, Read
from rmp_milter.milter.meant import check_case, check_new, is_meant, once_of
from rmp_milter.milter.moments import on_whole_moments
from rmp_milter.milter.order import open_in_turn, outside_turn, rank_of_opening, rank_of_rest
from rmp_milter.milter.programs import with_program
from rmp_milter.milter.renewal import copies_in, newer_copies, opened_by_newer, take_up
from rmp_milter.milter.sealed import (
    check_sealed,
    has_unsigned_files,
    leaves_aside,
    marks_of,
    seal_marks,
)
from rmp_milter.milter.sender import (
    Directory,
    account_owner,
    check_strength,
    identify,
    likely_signers,
    opened_with_signers,
    persons_asked,
    putting_off,
)
from rmp_milter.milter.turns import subjects_of, turn_of
from rmp_milter.milter.unrequested import (
    MachineMail,
    check_author,
    doubting,
    swallow,
    why_automatic,
)
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Snapshot

MOST_TOLD = 3
"""Message-IDs of a mail's answers that are told in the log: the rest of an answer stands by it."""

CONFLICT_TRIES = 3
"""A mail whose ground moved under it is decided again; three times is a fault of ours."""


def take(envelope: Envelope, memory: Memory, means: Means) -> str:
    """Do all that a mail asks, once; return in one word what was done, for the log.

    ``memory`` is given back on the way. Raises :class:`MailError` with what the SMTP
    client hears; then nothing was done.
    """
    try:
        return _take(envelope, memory, means)
    except MachineMail as machine:
        return f"automatic ({machine})"


def _take(envelope: Envelope, memory: Memory, means: Means) -> str:
    began = time.monotonic()
    with Memory() as bodies:
        turn = outside_turn(means.outsides, memory.size, lambda: _seems_known(envelope, means))
        with turn, memory.mapped() as raw:
            mail = _mail(envelope, raw)
            if word := on_whole_moments(lambda: _done_unopened(mail, raw, means), began):
                return word
            with doubting(mail):
                gathered = _gather(mail, raw, bodies)
        # The bodies are all that is needed of it, and the commit takes as much again.
        memory.close()
        return with_one_keeper(
            lambda with_it: on_whole_moments(
                lambda: _take_gathered(mail, gathered, with_it), began
            ),
            means,
            began,
            lambda: _seems_known(envelope, means),
        )


def _seems_known(envelope: Envelope, means: Means) -> bool:
    return bool(likely_signers(envelope, "", Glances(means.store)))


def _mail(envelope: Envelope, raw: memoryview) -> Mail:
    try:
        header = header_fields(raw, 0, len(raw))
        outer = scan(raw, header=header)
    except MimeLimit as error:
        raise _damaged(error) from error
    digest = duplicate_digest(envelope.sender, envelope.recipients, raw, header)
    return Mail(envelope=envelope, outer=outer, digest=digest)


def _damaged(error: MimeLimit) -> MailError:
    return MailError("damaged-mail", enhanced="5.6.0", detail=str(error))


def _done_unopened(mail: Mail, raw: memoryview, means: Means) -> str:
    """Be done with a mail that came before or that no person wrote; "" for any other."""
    if means.store.has_seen(mail.digest):
        return "duplicate"
    if reason := why_automatic(mail, means.services):
        return swallow(mail, raw, means, reason)
    return ""


def _take_gathered(mail: Mail, gathered: Gathered, means: Means) -> str:
    why = ""
    for _ in range(CONFLICT_TRIES):
        try:
            return _take_once(mail, gathered, means)
        except GroundMoved:
            why = f"a card is older than the one in force: {RESTORED}"
        except Conflict as conflict:
            why = "the dossier changed three times meanwhile"
            if conflict.reason == "duplicate":
                return "duplicate"
            if conflict.reason == "replayed":
                raise MailError("replayed", enhanced="5.7.7") from conflict
    raise try_again("unavailable", why)


def _take_once(mail: Mail, gathered: Gathered, means: Means) -> str:
    with doubting(mail), objecting(gathered.clear):
        read = _open(mail, Glances(means.store), means.keeper, gathered)
    with read.fresh:
        header = _header_alone(mail, read, means)
        read = _renewed(mail, read, header, means)
        try:
            return _take_opened(mail, read, means)
        except MailError as error:
            raise refused(error, header, read.opened.signature.trust) from error


def _header_alone(mail: Mail, read: Read, means: Means) -> RoutingHeader:
    """Return what the header says, whoever wrote it."""
    return lines_alone(read.opened, means.this_year(mail.envelope.received_at))


def _renewed(mail: Mail, read: Read, header: RoutingHeader, means: Means) -> Read:
    """Have a prolonged key taken up; where it cannot be, an emergency goes on without it.

    So does any mail where the host cannot say whether a certificate was revoked since, or whose
    it is: what it may do by that is judged with the rest.
    """
    try:
        taken_up = take_up(read, mail, means.store, means.keeper)
    except (GroundMoved, MailError) as error:
        is_doubtful = isinstance(error, MailError) and error.text == "key-untrusted"
        if header.verb is not Verb.URGENCE and not is_doubtful:
            raise
        return _without(read)
    return msgspec.structs.replace(read, renewed=taken_up)


def _without(read: Read) -> Read:
    """Go on without a copy that is not taken up now; by what it signed it is needed still."""
    renewal = read.renewed
    signed = renewal is not None and (
        not renewal.is_another_key or read.signature.fingerprint == renewal.fingerprint
    )
    return msgspec.structs.replace(read, renewed=None, newer=renewal if signed else None)


def _take_opened(mail: Mail, read: Read, means: Means) -> str:
    sender, header = _understand(mail, read, means)
    keeper = means.keeper.noting(rank_of_rest(header.verb))
    means = msgspec.structs.replace(means, keeper=keeper)
    # What is decided on is looked at in the turn, with all tries before it counted.
    turn = turn_of(means.store, subjects_of(sender.doctor, header, read.opened))
    with turn, means.store.snapshot(late=True) as view:
        view.marks_ahead(mail.digest, _marks_asked(mail, read, sender))
        if view.seen(mail.digest):
            return "duplicate"  # which came at the same moment
        case = _case(mail, read, sender, header, view, means)
        check_new(case)
        return _answer(case, read, view, means)


def _marks_asked(mail: Mail, read: Read, sender: Sender) -> list[bytes]:
    """Return what will be asked for that may happen once."""
    once = once_of(sender, read.opened.once, mail.envelope.received_at)
    return [*(each.value for each in once), *marks_of(read.opened.seals, sender.doctor)]


def _understand(mail: Mail, read: Read, means: Means) -> tuple[Sender, RoutingHeader]:
    """Return who wrote and what the header says, or refuse at SMTP time."""
    opened, at = read.opened, mail.envelope.received_at
    put_off = putting_off(opened, means.this_year(at))
    with (
        doubting(mail),
        objecting(read.clear),
        put_off,
        means.store.looking() as view,
    ):
        signature, unproven = opened.signature, opened.unproven
        sender = identify(
            mail.envelope, signature, view, unproven=unproven, signers_id=read.signers_id
        )
        if read.newer:
            instead = read.newer.after.certificate
            newer = read.newer.newer
            sender = msgspec.structs.replace(sender, newer=newer, instead=instead)
    check_author(mail, sender)
    header = understood(words_of(opened), means.this_year(at), sender.doctor)
    arrival = Arrival(opened.signature, opened.has_code, at)
    check_our_clock(means.clocks, opened, header.verb, at)
    check_arrival(arrival, header, sender.doctor, means.signature_days)
    return sender, header


def _gather(mail: Mail, raw: memoryview, bodies: Memory) -> Gathered:
    """Take the encrypted bodies out of the mail, or refuse its shape."""
    try:
        shape = recognise(raw, mail.outer)
    except MimeLimit as error:  # inside an S/MIME signature
        raise _damaged(error) from error
    admit(shape)
    with objecting(shape.clear):
        refs = gather(raw, shape, bodies)
        return Gathered(refs, memory=bodies, clear=shape.clear, surplus=shape.surplus)


def _open(mail: Mail, directory: Directory, keeper: RemoteKeeper, gathered: Gathered) -> Read:
    """Have the mail opened, with those who may have signed it or sent it."""
    owner = account_owner(mail.envelope, directory)

    def attempt(signers: tuple[Candidate, ...]) -> Read:
        persons = persons_asked(signers, owner)
        request = Open(gathered.refs, persons, account=mail.envelope.account)
        size, known = gathered.memory.size, bool(signers)
        rank = rank_of_opening(size, seems_known=known, logged_in=owner is not None)
        opened, fresh = open_in_turn(keeper, request, gathered.memory, rank)
        return Read(
            opened,
            gathered.memory,
            fresh,
            gathered.clear,
            gathered.surplus,
            has_sealed_files=len(gathered.refs) > 1,
        )

    likely = likely_signers(mail.envelope, mail.outer.header("From"), directory)
    read = opened_with_signers(attempt, likely, directory)
    at, copies = mail.envelope.received_at, copies_in(read.opened, mail)
    found = list(newer_copies(copies, likely, directory, at))
    read, renewed = opened_by_newer(attempt, read, found)
    return msgspec.structs.replace(read, renewed=renewed)


def _case(  # noqa: PLR0913, PLR0917 -- a case is made of just these
    mail: Mail, read: Read, sender: Sender, header: RoutingHeader, view: Snapshot, means: Means
) -> Case:
    """Return all that is decided on, and whom the handler may ask."""
    at, opened = mail.envelope.received_at, read.opened
    year = means.this_year(at)
    return Case(
        digest=mail.digest,
        at=at,
        view=view,
        keeper=means.keeper,
        mail_from=mail.envelope.sender,
        sender=sender,
        header=header,
        opened=opened,
        language=means.language,
        new_id=means.new_id,
        classify=means.classify,
        policy=means.policy,
        bounds=means.bounds,
        parcels=tuple(
            PatientShare(parse(each.header, year), each.bodies, place)
            for place, each in enumerate(opened.parcels)
        ),
        message_id=harmless_message_id(mail.outer.header("Message-ID")),
        clock=means.clock,
        thread=thread_of(mail.outer.header("References"), mail.outer.header("In-Reply-To")),
        cosigned=means.witnesses(at).cosigned if header.proofs else b"",
    )


def _answer(case: Case, read: Read, view: Snapshot, means: Means) -> str:
    """Decide as the verb says, or write the refusal; then commit and be done."""
    verb = case.header.verb.value
    standing, has_documents = case.opened.standing, case.opened.has_documents
    if is_thanks(standing, has_documents=has_documents or read.is_objected):
        return f"thanks{_commit(case, answer_to_thanks(case), read, view, means)}"
    try:
        check_case(case, means.signature_days)
        told = HostTime(means.clock, means.language)
        check_not_early(case.opened.signature, case.header.verb, case.at, told)
        check_strength(case.opened.signature, case.header.verb)
        check_clear(read.clear, case.header.verb)
        check_sealed(read, case.header.verb, case.doctor, view)
        service = InService(HANDLERS, means.services)
        check_request(case.header, standing, service, has_documents=has_documents)
        check_named(case.header, case.opened.protected, means.services)
        outcome = _with_dropped(HANDLERS[case.header.verb](case), case, read)
        word = f"{verb} done"
    except MailError as error:
        outcome = _refusal(error, case)
        word = f"{verb} refused: {error.text} {error.detail}".rstrip()
    outcome = with_prolonged(outcome, read.renewed, case.at, case.clock, case.language)
    return f"{word}{_commit(case, with_program(outcome, case), read, view, means)}"


def _with_dropped(outcome: Outcome, case: Case, read: Read) -> Outcome:
    """Say what came beside the text and was dropped, where anything was filed or left aside."""
    filed = bool(outcome.effects.filings or outcome.effects.deferrals)
    verb, language = case.header.verb, case.language
    said = with_dropped(outcome, dropped(read.clear, verb, filed=filed), language)
    if filed and has_unsigned_files(read):
        said = with_files_unsigned(said, language)
    return with_left_aside(said, language) if leaves_aside(read, verb) else said


def _refusal(error: MailError, case: Case) -> Outcome:
    """Return the letter that says why, and what the refusal leaves behind."""
    if error.temporary or error.text in {"expired-key", "replayed"}:
        raise error  # no letter can be sealed to such a key; what was done is not done again
    fault = attestation_fault(case.opened, case.doctor)
    letter = refusal_letter(error, case.header, case.opened.header, case.language, fault)
    if isinstance(error, Refusal):
        return Outcome(letter, error.effects, error.not_before)
    return Outcome(letter, urgent=case.header.verb is Verb.URGENCE)


def _commit(case: Case, outcome: Outcome, read: Read, view: Snapshot, means: Means) -> str:
    """Write all of it, the answers and the duplicate digest in one transaction.

    Return, for the log, under which Message-IDs the answers wait: by them the courier's log goes on
    from Postfix's queue id to the next.
    """
    with read.bodies.mapped() as bodies, read.fresh.mapped() as fresh:
        brought = Brought(case.opened.bodies, bodies, fresh, view.body)
        expires = case.at + means.once_seconds
        once = once_of(case.sender, case.opened.once, expires)
        if is_meant(case, means.signature_days):
            once += seal_marks(case, outcome, expires)
        answers = means.answers.at(rank_of_rest(case.header.verb))
        changes = changes_of(outcome, case, brought, once, answers)
        changes = grounded(changes, means.keeper.shown, case.doctor.card)
        means.store.commit(changes, case.at)
    show_committed(changes, case.act, answers.keeper)
    return _told([mail.message_id for mail in changes.outbox])


def _told(answers: Sequence[str]) -> str:
    more = len(answers) - MOST_TOLD
    some = [*answers[:MOST_TOLD], *([f"and {more} more"] if more > 0 else [])]
    return f", answers {' '.join(some)}" if answers else ""
