"""An example request of each operation, in each language, made of the examples in the document."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.openapi.answers import example
from app.openapi.records import REF, Schema

_JSON = "application/json"
_SHOWN, _FEW = 2, 4
"""Fields that are shown of a body in which none has to be, and of one that is shown as an example."""
_WIDTH = 72
PYTHON: Mapping[Any, str] = {True: "True", False: "False", None: "None"}
JAVASCRIPT: Mapping[Any, str] = {True: "true", False: "false", None: "null"}
_OPERATOR = "X-Operator-Key"
_OPENS = {"ApiKey": "KEY", "HTTPBearer": "TOKEN"}


@dataclass(frozen=True, slots=True)
class Sample:
    """A request: what is sent, and where. Words in capitals stand for what is the reader's own."""

    verb: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    opens: str | None
    body: Any = None
    file: str | None = None
    """The content type, where what is sent is bytes."""

    def told(self) -> dict[str, str]:
        """Return the request by language."""
        return {"curl": self._curl(), "python": self._python(), "typescript": self._typescript()}

    @property
    def _address(self) -> str:
        asked = "&".join(f"{name}={value}" for name, value in self.query.items())
        return f"{self.path}?{asked}" if asked else self.path

    def _curl(self) -> str:
        verb = (
            ""
            if self.verb in {"GET", "HEAD"} or (self.verb == "POST" and self._sends)
            else f" -X {self.verb}"
        )
        lines = [f'curl{" -I" if self.verb == "HEAD" else ""}{verb} "$STUDIO{self._address}"']
        if self.opens:
            lines.append(f'-H "Authorization: Bearer ${self.opens}"')
        lines += (f"-H '{name}: {value}'" for name, value in self.headers.items())
        if self.file:
            lines += [f"-H 'Content-Type: {self.file}'", "--data-binary @file"]
        elif self.body is not None:
            lines += [f"-H 'Content-Type: {_JSON}'", f"-d '{_in_quotes(written(self.body, JAVASCRIPT))}'"]
        return " \\\n  ".join(lines)

    def _python(self) -> str:
        asked = [f'"{self.verb}",' if self.verb == "HEAD" else "", f'f"{{STUDIO}}{self._address}",']
        sent = [f'"Authorization": f"Bearer {{{self.opens}}}"'] if self.opens else []
        sent += (f'"{name}": {_quoted(value)}' for name, value in self.headers.items())
        if self.file:
            sent.append(f'"Content-Type": "{self.file}"')
        asked.append(f"headers={{{', '.join(sent)}}}," if sent else "")
        if self.file:
            asked.append('content=open("file", "rb").read(),')
        elif self.body is not None:
            asked.append(f"json={_indented(written(self.body, PYTHON))},")
        call = "request" if self.verb == "DELETE" and self._sends else self.verb.lower()
        lines = "\n".join(f"    {each}" for each in asked if each)
        return f"answer = httpx.{call}(\n{lines}\n)"

    def _typescript(self) -> str:
        chosen = [f'method: "{self.verb}",'] if self.verb != "GET" else []
        sent = [f"Authorization: `Bearer ${{{self.opens}}}`"] if self.opens else []
        sent += (f'"{name}": {_quoted(value)}' for name, value in self.headers.items())
        if self._sends:
            sent.append(f'"Content-Type": "{self.file or _JSON}"')
        if sent:
            chosen.append(f"headers: {{ {', '.join(sent)} }},")
        if self.file:
            chosen.append("body: file,")
        elif self.body is not None:
            chosen.append(f"body: JSON.stringify({_indented(written(self.body, JAVASCRIPT), '  ')}),")
        lines = "\n".join(f"  {each}" for each in chosen)
        return f"const answer = await fetch(`${{STUDIO}}{self._address}`" + (
            f", {{\n{lines}\n}});" if lines else ");"
        )

    @property
    def _sends(self) -> bool:
        return self.file is not None or self.body is not None


def sample(verb: str, path: str, operation: Schema, parameters: Sequence[Schema], schemas: Schema) -> Sample:
    """Return the example request of an operation."""
    given = {each["name"]: _value(each) for each in parameters}
    needed = [each for each in parameters if each.get("required")]
    headers = {each["name"]: given[each["name"]] for each in needed if each["in"] == "header"}
    ways = [*operation.get("security", ())]
    if any("OperatorKey" in each for each in ways):
        headers[_OPERATOR] = "…"
    content = operation.get("requestBody", {}).get("content", {})
    kind = next(iter(content), None)
    told = content.get(_JSON)
    return Sample(
        verb,
        path.format(**given),
        {each["name"]: given[each["name"]] for each in needed if each["in"] == "query"},
        headers,
        next((name for scheme, name in _OPENS.items() if any(scheme in each for each in ways)), None),
        None if told is None else _body(told["schema"], schemas),
        kind if kind is not None and told is None else None,
    )


def _body(shape: Schema, schemas: Schema) -> Any:
    """Return an example of what is sent: what has to be there, or the first of what may."""
    if "$ref" in shape:
        return _body(schemas[shape["$ref"].removeprefix(REF)], schemas)
    parts = [shape, *(_found(each, schemas) for each in shape.get("allOf", ()))]
    needed = [name for part in parts for name in part.get("required", ())]
    if shape.get("examples"):
        return _shortened(shape["examples"][0], needed)
    fields = {name: each for part in parts for name, each in part.get("properties", {}).items()}
    if not fields:
        return example(schemas, shape)
    if needed:
        return {name: example(schemas, fields[name]) for name in needed if name in fields}
    return _shortened({name: example(schemas, each) for name, each in fields.items()}, [], _SHOWN)


def _shortened(whole: Any, needed: Sequence[str], most: int = _FEW) -> Any:
    """Return what has to be there of an object, and a few texts beside it where that is little."""
    if not isinstance(whole, dict) or len(whole) <= most:
        return whole
    texts = [name for name, each in whole.items() if isinstance(each, str) and name != "id"]
    chosen = {*needed, *texts[: max(0, most - len(needed))]} or {*[*whole][:most]}
    return {name: each for name, each in whole.items() if name in chosen}


def _found(shape: Schema, schemas: Schema) -> Schema:
    found: Schema = schemas[shape["$ref"].removeprefix(REF)] if "$ref" in shape else shape
    return found


def _value(parameter: Schema) -> str:
    shown: Any = parameter["schema"].get("examples", [""])[0]
    return str(shown).lower() if isinstance(shown, bool) else str(shown)


def written(value: Any, words: Mapping[Any, str], depth: int = 0) -> str:
    """Return a value as JSON or Python has it, on one line where that is short."""
    line = _on_a_line(value, words)
    if len(line) + 2 * depth <= _WIDTH or not isinstance(value, dict | list) or not value:
        return line
    named = value.items() if isinstance(value, dict) else ((None, each) for each in value)
    inner = [
        (f"{json.dumps(name, ensure_ascii=False)}: " if name is not None else "")
        + written(each, words, depth + 1)
        for name, each in named
    ]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    space = "\n" + "  " * (depth + 1)
    return f"{opening}{space}{f',{space}'.join(inner)}{space[:-2]}{closing}"


def _on_a_line(value: Any, words: Mapping[Any, str]) -> str:
    if isinstance(value, dict):
        told = (
            f"{json.dumps(name, ensure_ascii=False)}: {_on_a_line(each, words)}"
            for name, each in value.items()
        )
        return f"{{{', '.join(told)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_on_a_line(each, words) for each in value)}]"
    if value is None or isinstance(value, bool):
        return words[value]
    return json.dumps(value, ensure_ascii=False)


def _indented(text: str, by: str = "    ") -> str:
    return text.replace("\n", f"\n{by}")


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if "'" in value or '"' not in value else f"'{value}'"


def _in_quotes(text: str) -> str:
    return text.replace("'", "'\\''")
