"""The language of templates says fields and conditions, and nothing else whatever is written."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from jinja2 import Environment, nodes

from app.templates.engine import (
    LONGEST,
    LONGEST_FILLED,
    MOST_DEEP,
    MOST_FIELDS,
    Code,
    Faulty,
    Part,
    TooLong,
    check,
    fill,
)

_NAMES = ("ClientFirstName", "SessionDate", "Today", "SessionNotes")
_SAID = {name: f"«{name}»" for name in _NAMES}
_ALLOWED = {"Template", "Output", "TemplateData", "If", "Not", "And", "Or", "Name", "Const", "Filter"}


def _fault(source: str, part: Part = Part.TEXT) -> tuple[Code, int]:
    with pytest.raises(Faulty) as refused:
        check(source, part)
    return refused.value.code, refused.value.line


def test_fields_words_and_conditions_are_filled_in() -> None:
    source = (
        'Dear [[ ClientFirstName or "friend" ]],\n[% if SessionDate and not Today -%]\nsee you on'
        " [[SessionDate]][%- elif Today %]today[% else %]soon[% endif %] {{7*7}} {% raw %} 10 % [x]\n"
    )
    assert check(source) == {"ClientFirstName": 1, "SessionDate": 2, "Today": 2}
    values = {"ClientFirstName": "", "SessionDate": "Monday", "Today": ""}
    assert fill(source, Part.TEXT, values) == ("Dear friend,\nsee you on Monday {{7*7}} {% raw %} 10 % [x]\n")
    html = fill("[[X]] & [[X|upper]]", Part.HTML, {"X": "<b>'"})
    assert html == "&lt;b&gt;&#39; & &lt;B&gt;&#39;"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("[% for x in SessionNotes %]x[% endfor %]", Code.NOT_ALLOWED),
        ("[% set x = SessionNotes %]", Code.NOT_ALLOWED),
        ("[% include 'x' %]", Code.NOT_ALLOWED),
        ("[% raw %]x[% endraw %]", Code.NOT_ALLOWED),
        ("[% macro x() %]x[% endmacro %]", Code.NOT_ALLOWED),
        ("[[7*7]]", Code.NOT_ALLOWED),
        ("[[7]]", Code.NOT_ALLOWED),
        ("[[true]]", Code.NOT_ALLOWED),
        ("[[none]]", Code.NOT_ALLOWED),
        ("[[''.__class__]]", Code.NOT_ALLOWED),
        ("[[SessionNotes.__class__]]", Code.NOT_ALLOWED),
        ("[[SessionNotes['x']]]", Code.NOT_ALLOWED),
        ("[[SessionNotes|attr('__class__')]]", Code.NOT_ALLOWED),
        ("[[SessionNotes|map]]", Code.NOT_ALLOWED),
        ("[[SessionNotes|upper('x')]]", Code.NOT_ALLOWED),
        ("[[cycler('a')]]", Code.NOT_ALLOWED),
        ("[[SessionNotes()]]", Code.NOT_ALLOWED),
        ("[[SessionNotes is defined]]", Code.NOT_ALLOWED),
        ("[[SessionNotes in Today]]", Code.NOT_ALLOWED),
        ("[[SessionNotes if Today else Today]]", Code.NOT_ALLOWED),
        ("[[SessionNotes Today]]", Code.NOT_ALLOWED),
        ("[[SessionNotes ~ Today]]", Code.NOT_ALLOWED),
        ("[[ (SessionNotes, Today) ]]", Code.NOT_ALLOWED),
        ("[[[SessionNotes]]]", Code.NOT_ALLOWED),
        (r"[['\x41']]", Code.NOT_ALLOWED),
        ("a\0b", Code.NOT_ALLOWED),
        ("[[]]", Code.UNFINISHED),
        ("Dear [[SessionNotes", Code.UNFINISHED),
        ("[[SessionNotes [[Today]]", Code.UNFINISHED),
        ("[% if Today %]x", Code.UNFINISHED),
        ("x[% endif %]", Code.UNFINISHED),
        ("[[" + " " * 300 + "Today]]", Code.TOO_LONG),
        ("[% if Today %]" * 100, Code.TOO_DEEP),
        ("[[" + "(" * 90 + "Today" + ")" * 90 + "]]", Code.TOO_DEEP),
        ("[[Today]]" * (MOST_FIELDS + 1), Code.TOO_MANY),
        ("[[" * 10_000, Code.UNFINISHED),
        ("x" * (LONGEST[Part.TEXT] + 1), Code.TOO_LONG),
    ],
)
def test_what_is_no_field_and_no_condition_is_refused_when_saved(source: str, code: Code) -> None:
    assert _fault(source)[0] is code


def test_the_line_of_what_is_wrong_is_told() -> None:
    assert _fault("Dear\n\n[[ClientFirstName]]\n[[7*7]]") == (Code.NOT_ALLOWED, 4)
    assert _fault("a\n[% if Today %]\nb") == (Code.UNFINISHED, 3)


def test_many_long_values_are_stopped_where_a_letter_ends() -> None:
    source = "[[Today]]" * MOST_FIELDS
    check(source, Part.HTML)
    with pytest.raises(TooLong):
        fill(source, Part.HTML, {"Today": "<" * 2_000})
    just = "x" * (LONGEST_FILLED[Part.SUBJECT] - 3)
    assert len(fill(f"{just}[[Today]]", Part.SUBJECT, {"Today": "123"})) == LONGEST_FILLED[Part.SUBJECT]
    deep = "[% if Today %]" * MOST_DEEP + "x" + "[% endif %]" * MOST_DEEP
    assert fill(deep, Part.TEXT, {"Today": "1"}) == "x"


_EXPRESSIONS = some.recursive(
    some.sampled_from([*_NAMES * 4, '"words"', "'it'", "self", "loop", "x.y", "7", "x[0]", "f(x)"]),
    lambda inner: some.one_of(
        some.tuples(inner, some.sampled_from([*["or", "and"] * 4, "~", "+", "is", "in", "if"]), inner).map(
            " ".join
        ),
        inner.map("not ({})".format),
        some.tuples(inner, some.sampled_from([*["upper", "long"] * 3, "attr", "map", "join"])).map("|".join),
    ),
    max_leaves=5,
)
_SOURCES = some.recursive(
    some.one_of(
        some.sampled_from(["Dear ", "<p>", "{{7*7}}", "[#", "]]", "%]", "[x]", "\n", "{% x %}", "&"]),
        _EXPRESSIONS.map("[[{}]]".format),
        _EXPRESSIONS.map("[[ {} ]]".format),
        some.sampled_from(["[% set a = 1 %]", "[% for a in b %]", "", "", ""]),
    ),
    lambda inner: some.one_of(
        some.lists(inner, max_size=4).map("".join),
        some.tuples(_EXPRESSIONS, inner, inner).map(
            lambda it: f"[% if {it[0]} %]{it[1]}[% else %]{it[2]}[% endif %]"
        ),
    ),
    max_leaves=8,
)
_CUTS = some.lists(
    some.tuples(
        some.integers(0, 200), some.sampled_from([*"[]%|()\"'._- \n{}~", "[[", "]]", "[%", "%]", ""])
    ),
    max_size=3,
)


@given(_SOURCES, _CUTS, some.sampled_from([Part.TEXT, Part.HTML]))
def test_whatever_is_saved_says_its_fields_and_nothing_else(source: str, cuts: Any, part: Part) -> None:
    for place, put in cuts:
        source = source[:place] + put + source[place + 1 :]
    try:
        names = check(source, part)
    except Faulty:
        return
    # Jinja's own reading of it, by a list of its own.
    plain = Environment("[%", "%]", "[[", "]]", "\0#", "#\0", autoescape=True)
    tree = plain.parse(source)
    assert {type(node).__name__ for node in tree.find_all(nodes.Node)} <= _ALLOWED
    said = fill(source, part, dict.fromkeys(names, "") | _SAID)
    assert {*re.findall("«(.*?)»", said, re.IGNORECASE)} <= {
        form(name) for name in names for form in (str, str.upper)
    }
    assert "49" not in said
    assert len(said) <= 6 * len(source) + 40 * len(re.findall(r"\[\[", source))
