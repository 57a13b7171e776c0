"""What many operations say alike is said once, among the components, and referred to."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any

import orjson

Schema = dict[str, Any]
Words = tuple[str, ...]
_REFUSED = "400"


def share(made: Schema) -> None:
    """Move refusals and parameters that are told more than once to the components."""
    components = made["components"]
    components["responses"] = _moved("responses", list(_refusals(made)), _codes)
    components["parameters"] = _moved("parameters", list(_parameters(made)), _told)


def _refusals(made: Schema) -> Iterator[tuple[Schema, Any]]:
    """Yield where each refusal is told: what holds it, and its place there."""
    for operation in _operations(made):
        for status in operation["responses"]:
            if status >= _REFUSED:
                yield operation["responses"], status


def _parameters(made: Schema) -> Iterator[tuple[Any, Any]]:
    for operation in _operations(made):
        for place in range(len(operation.get("parameters", []))):
            yield operation["parameters"], place


def _operations(made: Schema) -> Iterator[Schema]:
    for verbs in made["paths"].values():
        yield from verbs.values()


def _codes(status: str, response: Schema) -> Words:
    [content] = response["content"].values()
    return status, *content["examples"]


def _told(_: int, parameter: Schema) -> Words:
    return parameter["name"], parameter["in"], "optional" if not parameter["required"] else "required"


def _moved(kind: str, places: Sequence[tuple[Any, Any]], words_of: Callable[[Any, Schema], Words]) -> Schema:
    """Replace what is told more than once by a reference, and return it by its name."""
    told = [orjson.dumps(holder[place], option=orjson.OPT_SORT_KEYS) for holder, place in places]
    counts = Counter(told)
    words = {
        text: words_of(place, holder[place])
        for text, (holder, place) in zip(told, places, strict=True)
        if counts[text] > 1
    }
    names = dict(_names(words))
    shared: Schema = {}
    for text, (holder, place) in zip(told, places, strict=True):
        if name := names.get(text):
            shared[name] = holder[place]
            holder[place] = {"$ref": f"#/components/{kind}/{name}"}
    return dict(sorted(shared.items()))


def _names(words: Mapping[bytes, Words]) -> Iterator[tuple[bytes, str]]:
    """Yield a short name for each: two words or three, those few have first, or a number behind them."""
    rare = Counter(word for each in words.values() for word in each)
    given: set[str] = set()
    for text, (first, *others) in words.items():
        others.sort(key=lambda word: rare[word])
        plain = ["_".join([first, *others[:few]]) for few in (1, 2)]
        numbered = (f"{plain[0]}_{number}" for number in count(2))
        name = next(each for each in chain(plain, numbered) if each not in given)
        given.add(name)
        yield text, name
