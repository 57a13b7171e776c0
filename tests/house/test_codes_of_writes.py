"""Each write tells the codes that can come there, and no other: they are read from the rules there are."""

import pytest

import app.main  # noqa: F401 - all rules are declared with it
from app.openapi.verdicts import refused_with
from app.studio.rules.posted import Posted
from app.sync import reactions, registry
from app.sync.reactions import Work, Written, on_write
from app.sync.schemas import Operation
from tests.document import DOCUMENT


def _codes(path: str, verb: str) -> set[str]:
    told = DOCUMENT["paths"][path][verb]["responses"].values()
    answers = (
        DOCUMENT["components"]["responses"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in told
    )
    return {
        code
        for answer in answers
        for content in answer.get("content", {}).values()
        for code in content.get("examples", {})
    }


_MONEY = {"above_balance", "below_paid", "posted", "refund_at_processor", "wrong_currency"}


_TOLD: dict[str, tuple[set[str], set[str]]] = {
    "POST /v1/sessions": ({"schedule_conflict", "field_required"}, _MONEY | {"already_sending"}),
    "POST /v1/departments": ({"field_required", "already_exists"}, {"schedule_conflict", "not_unique"}),
    "DELETE /v1/departments/{record_id}": ({"still_referenced"}, {"field_required", "read_only_field"}),
    "POST /v1/clients": ({"not_on_list", "unknown_reference"}, _MONEY | {"still_referenced"}),
    "POST /v1/invoices/{record_id}/refund": (_MONEY | {"above_captured"}, {"schedule_conflict"}),
    "POST /v1/appointments/{record_id}/convert_to_session": ({"schedule_conflict"}, _MONEY),
    "POST /v1/emails/{record_id}/take_back": ({"already_sending"}, _MONEY),
    "POST /v1/inbox/{record_id}/resolve": (_MONEY | {"record_changed", "already_resolved"}, set()),
}


@pytest.mark.parametrize("operation", _TOLD)
def test_an_operation_tells_the_codes_that_can_come_there(operation: str) -> None:
    verb, path = operation.split()
    told, untold = _TOLD[operation]
    codes = _codes(path, verb.lower())
    assert told <= codes
    assert not untold & codes


def _look(written: Written) -> None:
    if written.changes("name"):
        raise Posted


def test_a_rule_that_comes_to_refuse_is_told_of_without_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_blue(written: Written, work: Work) -> None:
        del work
        _look(written)

    monkeypatch.setattr("app.openapi.verdicts._OURS", ("app.", __name__))
    kept = {name: [*each] for name, each in reactions._reactions.items()}
    departments, labels = map(registry.numbered, map(registry.number_of, ("departments", "phone_labels")))
    try:
        on_write("departments", is_of_deletions=False)(refuse_blue)
        assert Posted in refused_with(departments, Operation.PATCH, None)
        assert Posted not in refused_with(departments, Operation.DELETE, None)
        assert Posted not in refused_with(labels, Operation.PATCH, None)
    finally:
        reactions._reactions.clear()
        reactions._reactions.update(kept)
        reactions._of.cache_clear()
    assert Posted not in refused_with(departments, Operation.PATCH, None)
