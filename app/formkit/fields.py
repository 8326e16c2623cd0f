"""The WTForms fields behind the components: each reads what was typed, judges it and gives the answer.

What was typed is kept in `text`, so a refused answer comes back to the page unchanged. `data` is what was
understood; `answer` is its JSON form and `living` what expressions see.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar

from wtforms import Field
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta
from wtforms.validators import Length, NumberRange, StopValidation, ValidationError

from app.clock import ZONE
from app.formkit.richtext import clean_rich
from app.formkit.schema import Component, Limits, Option, parse_number
from app.formkit.sentences import NEEDED, NOT_A_DATE, NOT_A_NUMBER, NOT_LISTED, NOT_THE_FORM, Sentences
from app.formkit.sentences import say as _
from app.formkit.sources import SHOWN_DIGEST, CaseLink, Sources, SubjectView, Upload
from app.formkit.values import decimal_of, living, number_answer, number_text, posted_text
from app.i18n import N_

MAX_TEXT = 2_000
MAX_LONG_TEXT = 50_000
MAX_LINES = 100
MAX_LINE = 1_000
MAX_FILES = 20
MAX_DIGEST = 64
GRADES: tuple[tuple[int, str], ...] = (
    (5, N_("非常满意")),
    (4, N_("满意")),
    (3, N_("基本满意")),
    (2, N_("不满意")),
    (1, N_("非常不满意")),
)
VERDICTS: Mapping[str, bool] = {"yes": True, "no": False}
UPLOAD_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
DATE = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?", re.ASCII)
STALE = N_("您打开以后，稿件改成了第 %(version)s 版。您写的意见都在，请看过改动再决定。")
CHOOSE = N_("还没有选。选好后才能提交。")


class AnswerMeta(DefaultMeta):
    """Our sentences; CSRF belongs to the page's form, not to the answers."""

    def get_translations(self, form: BaseForm) -> Sentences:
        """Return our catalogue."""
        del form
        return Sentences()


class AnswerForm(BaseForm):
    """The WTForms form of one scope, made from the components that may be answered in it."""

    def __init__(self, fields: Iterable[tuple[str, Any]], prefix: str) -> None:
        super().__init__(fields, prefix, AnswerMeta())


class Given:
    """Stop at an empty answer, with a sentence only when one is needed."""

    def __call__(self, form: BaseForm, field: AnswerField) -> None:
        """Judge whether there is an answer."""
        del form
        if field.process_errors:
            raise StopValidation
        if field.blank:
            raise StopValidation(field.missing() if field.needed else "")


class Matches:
    """Hold a text against the pattern of the form; like form-js, anywhere in the text."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern

    def __call__(self, form: BaseForm, field: AnswerField) -> None:
        """Refuse a text without the pattern."""
        del form
        if not self.pattern.search(field.data):
            raise ValidationError(_(NOT_THE_FORM))


class AnswerField(Field):
    """Base of all fields that a person answers."""

    question: ClassVar[str] = NEEDED
    several: ClassVar[bool] = False

    def __init__(
        self, label: str | None = None, *, component: Component, stored: Mapping[str, Any], **kwargs: Any
    ) -> None:
        self.component = component
        self.stored = stored
        self.needed = component.limits.required
        self.options: Sequence[Option] = ()
        super().__init__(label, validators=[Given(), *self.rules(component.limits)], **kwargs)

    def rules(self, limits: Limits) -> list[Any]:
        """Return the validators that follow from the component."""
        del limits
        return []

    @property
    def typed(self) -> list[str]:
        """Return what was posted under this name."""
        return [str(text) for text in self.raw_data or ()]

    @property
    def text(self) -> str:
        """Return what to show in the control: what was typed, else the value."""
        return self.typed[0] if self.typed else self.show(self.data)

    @property
    def blank(self) -> bool:
        """Say whether nothing was answered."""
        return self.data is None or self.data == ""

    @property
    def answer(self) -> Any:
        """Return the JSON form of the answer."""
        return None if self.blank else self.data

    @property
    def living(self) -> Any:
        """Return the answer as expressions see it."""
        return self.answer

    def missing(self) -> str:
        """Return the sentence for an answer that is not there."""
        return _(self.question)

    def show(self, data: Any) -> str:
        """Return the text of a value."""
        return "" if data is None else str(data)

    def offer(self, options: Sequence[Option]) -> None:
        """Take the list to choose from, known once the other answers are."""
        self.options = options

    def consult(self, sources: Sources) -> None:
        """Look up what only the running product knows."""

    def process_data(self, value: Any) -> None:
        """Take a stored value or default."""
        self.data = value

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was posted; nothing posted means the control was not on the page."""
        if len(valuelist) > 1 and not self.several:
            raise ValueError(_("这里只能有一个答案。"))
        if valuelist:
            self.read([clean_text(str(text)) for text in valuelist])

    def read(self, texts: list[str]) -> None:
        """Understand the posted texts or raise ValueError with a sentence."""
        self.data = texts[0].strip() or None


def clean_text(text: str) -> str:
    """Return the text with plain line ends and without invisible control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isprintable():
        return text
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"})


class TextField(AnswerField):
    """A text of one or more lines."""

    most: ClassVar[int] = MAX_TEXT

    def rules(self, limits: Limits) -> list[Any]:
        """Hold the text against length and pattern."""
        most = min(limits.max_length if limits.max_length is not None else self.most, MAX_LONG_TEXT)
        rules: list[Any] = [Length(max=most)]
        if limits.min_length:
            rules.append(Length(min=limits.min_length))
        return [*rules, Matches(limits.pattern)] if limits.pattern else rules

    def process_data(self, value: Any) -> None:
        """Take a stored text; numbers are shown as text."""
        self.data = posted_text(value) or None


class LongTextField(TextField):
    """A text that may be long."""

    most = MAX_LONG_TEXT


class RichField(LongTextField):
    """Formatted text; everything but a few harmless tags is taken out."""

    def read(self, texts: list[str]) -> None:
        """Clean what was posted."""
        super().read(texts)
        self.data = clean_rich(self.data) or None if self.data else None


class LinesField(AnswerField):
    """One thing per line; empty lines do not count."""

    def process_data(self, value: Any) -> None:
        """Take stored lines, or a text."""
        texts = value.splitlines() if isinstance(value, str) else value
        self.data = [text for text in texts if isinstance(text, str)] if isinstance(texts, list) else []

    def read(self, texts: list[str]) -> None:
        """Split into lines."""
        self.data = [line.strip() for line in texts[0].splitlines() if line.strip()]
        if len(self.data) > MAX_LINES:
            raise ValueError(_("最多 %(most)s 行。", most=MAX_LINES))
        for number, line in enumerate(self.data, 1):
            if len(line) > MAX_LINE:
                raise ValueError(_("第 %(line)s 行太长，最多 %(most)s 个字。", line=number, most=MAX_LINE))

    @property
    def blank(self) -> bool:
        """Say whether there is no line."""
        return not self.data

    @property
    def answer(self) -> list[str]:
        """Return the lines."""
        return list(self.data)

    def show(self, data: Any) -> str:
        """Return the lines as one text."""
        return "\n".join(data or ())


class NumberField(AnswerField):
    """An exact number."""

    def rules(self, limits: Limits) -> list[Any]:
        """Hold the number against its bounds."""
        if limits.minimum is None and limits.maximum is None:
            return []
        return [NumberRange(limits.minimum, limits.maximum)]

    def process_data(self, value: Any) -> None:
        """Take a stored number."""
        self.data = parse_number(value) if isinstance(value, str) else decimal_of(value)

    def read(self, texts: list[str]) -> None:
        """Read a number; half a number is no number."""
        self.data = None
        if not texts[0].strip():
            return
        number = parse_number(texts[0])
        if number is None:
            raise ValueError(_(NOT_A_NUMBER))
        digits = self.component.limits.digits
        if digits is not None and number != round(number, digits):
            raise ValueError(
                _("小数点后最多 %(digits)s 位。", digits=digits) if digits else _("这里要填整数，不带小数。")
            )
        self.data = number

    @property
    def answer(self) -> Any:
        """Return an int, or the tagged text of an exact decimal."""
        return None if self.data is None else number_answer(self.data)

    @property
    def living(self) -> Decimal | int | None:
        """Return the number itself."""
        return None if self.data is None else decimal_of(self.answer)

    def show(self, data: Any) -> str:
        """Return the number without exponent."""
        return "" if data is None else number_text(data)


def read_date(text: str) -> date:
    """Read an ISO date."""
    if not DATE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def read_time(text: str) -> time:
    """Read a time of day."""
    if not TIME.fullmatch(text):
        raise ValueError(text)
    return time.fromisoformat(text)


def read_instant(text: str) -> datetime:
    """Read an ISO date and time; without offset it is local time."""
    if not DATE.fullmatch(text[:10]) or len(text) == len("2026-11-19"):
        raise ValueError(text)
    moment = datetime.fromisoformat(text)
    return moment.astimezone(ZONE) if moment.tzinfo else moment.replace(tzinfo=ZONE)


class MomentField(AnswerField):
    """A date, a time of day or an instant."""

    readers: ClassVar[Mapping[str, tuple[Callable[[str], Any], str]]] = {
        "date": (read_date, NOT_A_DATE),
        "time": (read_time, N_("时间要写成 10:02 这样。")),
        "datetime": (read_instant, N_("时间要写成 2026-11-19 10:02 这样。")),
    }

    def process_data(self, value: Any) -> None:
        """Take a stored ISO text; anything else is no date."""
        try:
            self.data = self._parse(value) if isinstance(value, str) and value else None
        except ValueError:
            self.data = None

    def read(self, texts: list[str]) -> None:
        """Read what the date control or a hand sent."""
        text = unicodedata.normalize("NFKC", texts[0]).strip()
        self.data = None
        if text:
            self.data = self._parse(text)

    def _parse(self, text: str) -> Any:
        parse, sentence = self.readers[self.component.kind]
        try:
            return parse(text)
        except (ValueError, OverflowError) as error:
            raise ValueError(_(sentence)) from error

    @property
    def answer(self) -> str | None:
        """Return ISO text."""
        return None if self.data is None else self.data.isoformat()

    @property
    def living(self) -> Any:
        """Return the date or instant; times of day stay text."""
        return self.answer if isinstance(self.data, time) else self.data

    @property
    def unreadable(self) -> bool:
        """Say whether the typed text is no date, so that a date control would swallow it."""
        return bool(self.process_errors)

    def show(self, data: Any) -> str:
        """Return what a date control takes."""
        return (
            "" if data is None else data.isoformat()[: {"date": 10, "time": 5, "datetime": 16}[self.component.kind]]
        )


class CheckboxField(AnswerField):
    """Yes or no."""

    question = N_("还没有勾选。勾选后才能提交。")
    several = True
    marks: ClassVar[Mapping[str, bool]] = {"true": True, "on": True, "1": True, "false": False, "0": False, "": False}

    def process_data(self, value: Any) -> None:
        """Take a stored yes or no."""
        self.data = value is True

    def read(self, texts: list[str]) -> None:
        """Read the mark; the page sends an empty text along so that no mark is an answer too."""
        if any(text not in self.marks for text in texts):
            raise ValueError(_("这里只能勾选或不勾选。"))
        self.data = any(self.marks[text] for text in texts)

    @property
    def blank(self) -> bool:
        """Say whether there is no mark."""
        return not self.data

    @property
    def answer(self) -> bool:
        """Return yes or no."""
        return bool(self.data)


class ChoiceField(AnswerField):
    """One of a list; `data` is the posted text of the option."""

    question = CHOOSE

    def process_data(self, value: Any) -> None:
        """Take a stored value."""
        self.data = posted_text(value) or None

    def offer(self, options: Sequence[Option]) -> None:
        """Take the list; a stored value that is no longer offered is not kept."""
        self.options = options
        if not self.typed and self.chosen is None:
            self.data = None

    @property
    def chosen(self) -> Option | None:
        """Return the option chosen."""
        return next((option for option in self.options if option.text == self.data), None)

    @property
    def answer(self) -> Any:
        """Return the option's value in its own type."""
        return self.chosen.value if self.chosen else None

    @property
    def living(self) -> Any:
        """Return the value for expressions."""
        return living(self.answer)

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what is not listed."""
        del form
        if self.data and not self.chosen and not self.process_errors:
            raise StopValidation(_(NOT_LISTED))


class RatingField(ChoiceField):
    """Five grades; no rating is no rating, never five stars."""

    def offer(self, options: Sequence[Option]) -> None:
        """Offer the five grades."""
        del options
        super().offer([Option(grade, str(grade), _(word)) for grade, word in GRADES])


class ManyField(AnswerField):
    """Any number of a list; `data` holds the posted texts of the options."""

    question = CHOOSE
    several = True

    def process_data(self, value: Any) -> None:
        """Take stored values."""
        texts = [posted_text(part) for part in value] if isinstance(value, list) else []
        self.data = [text for text in texts if text]

    def read(self, texts: list[str]) -> None:
        """Read the marked ones; the empty text only says that the list was on the page."""
        self.data = list(dict.fromkeys(text for text in texts if text))

    def offer(self, options: Sequence[Option]) -> None:
        """Take the list; stored values no longer offered are not kept."""
        self.options = options
        if not self.typed:
            self.data = [option.text for option in self.chosen]

    @property
    def chosen(self) -> list[Option]:
        """Return the options chosen, in the list's order."""
        return [option for option in self.options if option.text in self.data]

    @property
    def blank(self) -> bool:
        """Say whether nothing is marked."""
        return not self.data

    @property
    def answer(self) -> list[Any]:
        """Return the values in their own type."""
        return [option.value for option in self.chosen]

    @property
    def living(self) -> list[Any]:
        """Return the values for expressions."""
        return [living(value) for value in self.answer]

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what is not listed."""
        del form
        if len(self.chosen) < len(self.data):
            raise StopValidation(_(NOT_LISTED))


class CaseLinkField(TextField):
    """The number of another case the reader may see."""

    found: CaseLink | None = None

    def consult(self, sources: Sources) -> None:
        """Look the case up."""
        if self.data and sources.case:
            self.found = sources.case(self.data)

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse an unknown number."""
        del form
        if self.data and not self.found and not self.process_errors:
            raise StopValidation(_("没有这个编号的办件，或者它不归您看。"))


class SubjectField(AnswerField):
    """What the reader has before them: the hash of the content the page showed, which must be the present one."""

    question = N_("没有说您看到的是哪一版。请打开这一页看过内容，再提交。")
    view: SubjectView | None = None
    asked = False

    def consult(self, sources: Sources) -> None:
        """Find the present content; where nobody keeps any, as in a try-out, nothing is asked."""
        self.asked = self.needed = sources.subject is not None
        self.view = sources.subject(self._wanted()) if sources.subject else None

    def _wanted(self) -> Mapping[str, Any]:
        """Return the data to find the content by; `digest` names the hash of the version to show instead."""
        name = self.component.properties.get("digest")
        return {**self.stored, SHOWN_DIGEST: self.stored.get(name)} if name else self.stored

    def read(self, texts: list[str]) -> None:
        """Take the hash."""
        self.data = texts[0].strip()[:MAX_DIGEST] or None

    @property
    def stale(self) -> str:
        """Return the sentence for a content that changed while the page was open; empty when it did not."""
        if not self.data or self.view is None or self.data == self.view.digest:
            return ""
        return _(STALE, version=self.view.version)

    @property
    def shown(self) -> str:
        """Return the hash of what the page shows now."""
        return self.view.digest if self.view else ""

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse a decision about a content that is not there, or not this any more."""
        del form
        if self.asked and self.view is None:
            raise StopValidation(_("找不到要审的内容。它可能被删了，或者流程图里写错了。"))
        if self.stale:
            raise StopValidation(self.stale)


class FilesField(AnswerField):
    """Uploaded files; `data` holds their ids."""

    question = N_("还没有交文件。交齐后才能提交。")
    several = True
    uploads: Mapping[int, Upload] = {}

    def process_data(self, value: Any) -> None:
        """Take stored ids."""
        ids = value if isinstance(value, list) else []
        self.data = [number for number in ids if type(number) is int and number > 0]

    def read(self, texts: list[str]) -> None:
        """Read the ids of finished uploads."""
        texts = list(dict.fromkeys(text for text in texts if text))
        if any(not UPLOAD_ID.fullmatch(text) for text in texts):
            raise ValueError(_("有文件没有传完。请重新上传。"))
        self.data = [int(text) for text in texts]

    def attach(self, ids: Iterable[int]) -> None:
        """Add uploads that came with the form itself."""
        self.data = list(dict.fromkeys([*self.data, *ids]))

    def consult(self, sources: Sources) -> None:
        """Find the files among those the reader may hand in."""
        self.uploads = sources.files(self.data[:MAX_FILES])

    @property
    def files(self) -> list[Upload]:
        """Return the files that were found."""
        return [self.uploads[number] for number in self.data if number in self.uploads]

    @property
    def most(self) -> int:
        """Return how many files are taken."""
        return MAX_FILES if self.component.multiple else 1

    @property
    def blank(self) -> bool:
        """Say whether there is no file."""
        return not self.data

    @property
    def answer(self) -> list[int]:
        """Return the ids."""
        return list(self.data)

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse too many files, and files that are gone or belong to somebody else."""
        del form
        if len(self.data) > self.most:
            raise StopValidation(_("最多 %(most)s 个文件。", most=self.most))
        if len(self.files) < len(self.data):
            raise StopValidation(_("有文件已经不在了。其余的都在，请重新上传缺的那一个。"))


class CriteriaField(AnswerField):
    """Acceptance criteria, each answered with met or not met; `data` has one verdict per line."""

    several = True

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Take the lines from the stored data and the verdicts posted as `key-0`, `key-1` and so on."""
        del data, extra_filters
        self.lines = criteria_lines(self.stored.get(self.component.properties["from"]))
        self.process_errors = []
        self.raw_data = []
        self.data: list[bool | None] = [None] * len(self.lines)
        if formdata is not None:
            self._read_verdicts(formdata)

    def _read_verdicts(self, formdata: Any) -> None:
        for index in range(len(self.lines)):
            texts = [text for text in formdata.getlist(f"{self.name}-{index}") if text]
            if len(texts) > 1 or any(text not in VERDICTS for text in texts):
                self.process_errors = [_("第 %(line)s 条只能选达到或未达到。", line=index + 1)]
            elif texts:
                self.data[index] = VERDICTS[texts[0]]

    @property
    def open_lines(self) -> list[int]:
        """Return the numbers of the lines nobody has answered yet."""
        return [number for number, met in enumerate(self.data, 1) if met is None]

    @property
    def blank(self) -> bool:
        """Say whether a line is open."""
        return bool(self.open_lines)

    def missing(self) -> str:
        """Name the open lines."""
        return _("第 %(line)s 条还没有选。选好后才能提交。", line=_("、").join(map(str, self.open_lines)))

    @property
    def answer(self) -> list[dict[str, Any]]:
        """Return each line's text with its verdict."""
        return [{"text": text, "met": met} for text, met in zip(self.lines, self.data, strict=True)]


def criteria_lines(value: object) -> list[str]:
    """Return the criteria kept under a key: lines, a text, or an earlier round's answers."""
    parts = value.splitlines() if isinstance(value, str) else value
    texts = [
        part.get("text") if isinstance(part, Mapping) else part for part in (parts if isinstance(parts, list) else ())
    ]
    return [text.strip() for text in texts if isinstance(text, str) and text.strip()][:MAX_LINES]


FIELDS: Mapping[str, type[AnswerField]] = {
    "text": TextField,
    "textarea": LongTextField,
    "opinion": LongTextField,
    "rich": RichField,
    "lines": LinesField,
    "number": NumberField,
    "date": MomentField,
    "time": MomentField,
    "datetime": MomentField,
    "checkbox": CheckboxField,
    "choice": ChoiceField,
    "radio": ChoiceField,
    "rating": RatingField,
    "many": ManyField,
    "caselink": CaseLinkField,
    "phone": TextField,
    "files": FilesField,
    "criteria": CriteriaField,
    "subject": SubjectField,
}
