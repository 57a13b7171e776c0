"""What operations are refused with: the example of a code is kept once, and shows what provokes it."""

from collections.abc import Container
from typing import Any

from app.http.provoked import Provoked, provoked
from app.openapi.records import Schema

_EXAMPLES = "#/components/examples/"
_REFUSED = "400"


def tell(made: Schema) -> None:
    """Move the examples of refusals to the components, by their codes, and say how each is provoked."""
    kept: Schema = {}
    for verbs in made["paths"].values():
        for operation in verbs.values():
            for status, answer in operation["responses"].items():
                if status >= _REFUSED:
                    _share(answer["content"], kept)
    examples = {**made["components"]["examples"], **kept}
    made["components"]["examples"] = dict(sorted(examples.items()))


def forget(answer: Schema, codes: Container[str]) -> None:
    """Take refusals out of an answer, which has others too: their examples, and what is said of them."""
    for content in answer["content"].values():
        content["examples"] = {code: each for code, each in content["examples"].items() if code not in codes}
    sentences = answer["description"].split("\n\n")
    answer["description"] = "\n\n".join(each for each in sentences if _code_of(each) not in codes)


def _code_of(sentence: str) -> str:
    return sentence.partition("`:")[0].removeprefix("`")


def _share(contents: Schema, kept: Schema) -> None:
    for content in contents.values():
        for code, example in content["examples"].items():
            if code not in kept:
                kept[code] = _told(code, example)
            content["examples"][code] = {"$ref": _EXAMPLES + code}


def _told(code: str, example: dict[str, Any]) -> Schema:
    how = provoked().get(code)
    return {"summary": example["summary"], **({"description": _words(how)} if how else {}), **example}


def _words(how: Provoked) -> str:
    """Return the lines as Markdown: those that are given, then the one that is refused, and why."""
    lines = "\n".join((*how.given, how.line))
    return f"The last line is refused: {how.because}.\n\n```\n{lines}\n```"
