"""All requests and all replies, as the two ends read them."""

from rmp_milter.calls.protocol.answering import Seal, Sealed, Translate, Welcome, Welcomed
from rmp_milter.calls.protocol.cards import (
    Amend,
    Amended,
    Compare,
    Compared,
    Forget,
    Learned,
    Relearn,
    Show,
    Vouch,
    Vouched,
    Wake,
)
from rmp_milter.calls.protocol.filing import Adopt, Create, Created, Reseal, Resealed, Wait
from rmp_milter.calls.protocol.leaves import (
    Checkpoint,
    Checkpointed,
    History,
    Record,
    Recorded,
    RecordedList,
    RecordList,
    Told,
)
from rmp_milter.calls.protocol.message import Failed
from rmp_milter.calls.protocol.opening import Open, Opened
from rmp_milter.calls.protocol.releasing import (
    Prove,
    Proven,
    Recode,
    Recoded,
    Release,
    Released,
    Renew,
)
from rmp_milter.calls.protocol.rotating import (
    CustodyTried,
    Recard,
    Recarded,
    Reslot,
    Reslotted,
    SealAgain,
    SealedAgain,
    TryCustody,
)

Request = (
    Open
    | Create
    | Reseal
    | Prove
    | Release
    | Renew
    | Recode
    | Wait
    | Adopt
    | History
    | Record
    | RecordList
    | Amend
    | Vouch
    | Relearn
    | Wake
    | Compare
    | Show
    | Forget
    | Checkpoint
    | Seal
    | Translate
    | Welcome
    | SealAgain
    | Reslot
    | Recard
    | TryCustody
)


Reply = (
    Opened
    | Created
    | Resealed
    | Proven
    | Released
    | Recoded
    | Told
    | Recorded
    | RecordedList
    | Amended
    | Vouched
    | Compared
    | Learned
    | Checkpointed
    | Sealed
    | Welcomed
    | SealedAgain
    | Reslotted
    | Recarded
    | CustodyTried
    | Failed
)
