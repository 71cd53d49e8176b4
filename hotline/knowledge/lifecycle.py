"""★ THE TABLE of an entry's versions: what may happen to one, by whom, and which clocks that starts and stops.

An action takes the newest version it could start from: `edit` the draft, `withdraw` what is published. Buttons, API,
permissions and history come from here; the form of an action is `actions.ENTRY_ACTIONS[action].schema`.
"""

from hotline.accounts.models import Role as R
from hotline.knowledge import guards as g
from hotline.knowledge.clocks import KbClock as C
from hotline.knowledge.models import VersionStatus as S
from hotline.workflow import Table, rows

AUTHORS = frozenset({R.EXPERT, R.HANDLER, R.KB_EDITOR})
LEADER = frozenset({R.UNIT_LEADER})
EDITOR = frozenset({R.KB_EDITOR})
CLOCK = frozenset({R.SYSTEM})

LIVE = (S.PUBLISHED, S.REVIEW_DUE)
REVIEWED = (S.FIRST_REVIEW, S.SECOND_REVIEW)

WRITING = (
    rows("draft", "起草", None, S.DRAFT, AUTHORS, g.own_unit, starts=(C.DRAFT,)),
    # Its issuer has reviewed and signed an official text: what is left to review is that the copy is true.
    rows("import", "核对原文后导入发布", None, S.PUBLISHED, EDITOR, g.official, g.no_blanks),
    rows("revise", "修订", (*LIVE, S.EXPIRED, S.WITHDRAWN), None, AUTHORS | CLOCK, g.own_unit, g.nothing_open,
         starts=(C.DRAFT,)),
    rows("edit", "修改草稿", S.DRAFT, None, AUTHORS, g.own_unit),
    rows("submit", "提交初审", S.DRAFT, S.FIRST_REVIEW, AUTHORS, g.own_unit, g.no_blanks,
         starts=(C.FIRST_REVIEW,), stops=(C.DRAFT,)),
    rows("discard", "放弃草稿", S.DRAFT, S.ARCHIVED, AUTHORS, g.own_unit, stops=(C.DRAFT,)),
)  # fmt: skip

REVIEWING = (
    rows("pass_review", "初审通过", S.FIRST_REVIEW, S.SECOND_REVIEW, LEADER, g.own_unit, g.not_author,
         starts=(C.SECOND_REVIEW,), stops=(C.FIRST_REVIEW,)),
    rows("publish", "复审通过并发布", S.SECOND_REVIEW, S.PUBLISHED, EDITOR, g.not_author, g.not_first_reviewer,
         g.no_blanks, stops=(C.SECOND_REVIEW, C.REVIEW)),
    rows("return_draft", "初审退回", S.FIRST_REVIEW, S.DRAFT, LEADER, g.own_unit, g.not_author,
         starts=(C.DRAFT,), stops=(C.FIRST_REVIEW,)),
    rows("return_draft", "复审退回", S.SECOND_REVIEW, S.DRAFT, EDITOR, starts=(C.DRAFT,), stops=(C.SECOND_REVIEW,)),
)  # fmt: skip

PUBLISHED = (
    rows("warn_expiry", "即将失效", LIVE, None, CLOCK),
    rows("mark_due", "到期待更新", S.PUBLISHED, S.REVIEW_DUE, CLOCK, starts=(C.REVIEW,)),
    rows("confirm", "确认继续有效", S.REVIEW_DUE, S.PUBLISHED, LEADER, g.own_unit, stops=(C.REVIEW,)),
    rows("confirm", "确认继续有效", S.REVIEW_DUE, S.PUBLISHED, EDITOR, stops=(C.REVIEW,)),
    rows("expire", "到期失效", LIVE, S.EXPIRED, CLOCK, stops=(C.REVIEW,)),
    rows("replace", "被替代", LIVE, S.REPLACED, CLOCK, stops=(C.REVIEW,)),
    rows("name_successor", "指定替代条目", (*LIVE, S.EXPIRED, S.WITHDRAWN, S.REPLACED, S.ARCHIVED), None, EDITOR,
         g.was_published),
    rows("withdraw", "撤回", LIVE, S.WITHDRAWN, EDITOR, stops=(C.REVIEW,)),
    rows("archive", "归档", (S.EXPIRED, S.WITHDRAWN, S.REPLACED), S.ARCHIVED, EDITOR),
)  # fmt: skip

ANY_TIME = (
    rows("set_keepers", "变更维护人", S, None, LEADER, g.own_unit),
    rows("set_keepers", "变更维护人", S, None, EDITOR),
    rows("classify", "调整归类与范围", S, None, EDITOR),
)

TABLE: Table = sum((*WRITING, *REVIEWING, *PUBLISHED, *ANY_TIME), ())
