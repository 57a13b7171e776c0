"""Every claim with its target and the figure of this run: `python -m tests.scorecard` runs all proofs.

A row whose figure is smaller than its target is below it, however good it is; what nothing measures is not
yet proved, and says what is missing.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.facts import FOLDER, Facts, kept

PROOFS: Mapping[str, Mapping[str, str]] = {
    "prove-basics": {},
    "prove-faults": {},
    "prove-sync": {"STORIES": "1000"},
    "prove-convergence": {"STORIES": "30"},
    "prove-attacks": {"ATTACKS": "200", "CASES": "10"},
}
"""The targets of the Makefile that are run, and how long: all of it in an hour on two cores."""

MEASURED = "docs/performance.json"
"""Where figures are kept that no proof measures."""


@dataclass(frozen=True)
class Row:
    """A claim, what is to be reached, and which proof tells which figures.

    `least` and `most` bound facts that tests have counted or measured, `others` are told beside; `tests` must
    all have passed, whole files or single tests of one. `proof` may also name the file of the figures that
    are kept. `missing` says what keeps a row from its target.
    """

    number: int
    claim: str
    target: str
    proof: str = ""
    least: Mapping[str, float] = field(default_factory=dict)
    most: Mapping[str, float] = field(default_factory=dict)
    others: Sequence[str] = ()
    tests: Sequence[str] = ()
    missing: str = ""

    def judged(self, facts: Facts) -> tuple[str, str]:
        """Return how the row stands, and its figure."""
        names = [*self.least, *self.most, *self.others]
        passed, failed = (
            sum(facts.get(f"{outcome}: {each}", 0) for each in self.tests) for outcome in ("passed", "failed")
        )
        told = [f"{facts[name]:,.6g} {name}" for name in names if name in facts]
        told += [f"{passed:,.0f} tests passed"] if passed else []
        told += [f"{failed:,.0f} failed"] if failed else []
        is_measured = self.proof and all(name in facts for name in names) and (passed or not self.tests)
        if failed:
            stands = "FAILED"
        elif not is_measured:
            stands = "not yet"
        else:
            stands = "reached" if self._is_reached(facts) else "below"
        told += [self.missing] if self.missing and stands in {"not yet", "below"} else []
        return stands, ", ".join(told)

    def _is_reached(self, facts: Facts) -> bool:
        least = all(facts[name] >= bound for name, bound in self.least.items())
        return least and all(facts[name] <= bound for name, bound in self.most.items())


def _kills(victim: str, kills: int, changes: int) -> tuple[dict[str, float], dict[str, float]]:
    around = f"changes acknowledged around kills of the {victim}"
    lost = f"of them lost or done twice with the {victim}"
    return {f"kills of the {victim}": kills, around: changes}, {lost: 0}


_PHONES, _FAULTS, _BASICS, _ATTACKS = (
    "prove-convergence", "prove-faults", "prove-basics", "prove-attacks",
)  # fmt: skip
_ALONE = f'it wants a machine of its own: `make bench ARGS="load --json {MEASURED}"` measures and keeps it'
_SERVER, (_DATABASE, _LOST) = _kills("server", 200, 100_000), _kills("database", 50, 1)
_DATABASE["databases found out that acknowledged too soon"] = 1
_ONE_MAKER = "there is one maker; the tests read what it makes with another library"

ROWS = (
    Row(1, "Acknowledged changes survive a killed server", "0 lost in 200 kills, 100,000 changes",
        _FAULTS, *_SERVER),
    Row(2, "Acknowledged changes survive a killed database", "0 lost in 50 kills", _FAULTS,
        _DATABASE, _LOST),
    Row(3, "A change takes effect once", "0 doubled of 1 M sent again", _FAULTS,
        {"changes sent again": 1_000_000}, {"changes sent again that took effect twice": 0}),
    Row(4, "All copies end alike", "5,000 histories, 0 that differ", _PHONES,
        {"histories": 5_000}, others=["pushes", "pulls"], tests=["tests/convergence/test_convergence.py"]),
    Row(5, "No row is skipped by a pull beside writers", "0 missed of 1 M rows, 16 writers", _BASICS,
        {"rows pulled beside writers": 1_000_000}, {"of them missed": 0}),
    Row(6, "No pull shows half a push", "0 in 1 M pulls", _PHONES,
        {"pulls": 1_000_000}, tests=["tests/convergence/test_convergence.py"]),
    Row(7, "No orphan, no resurrection", "0", _PHONES,
        {"consistent points": 1}, tests=["tests/convergence/test_convergence.py"]),
    Row(8, "Who loses a conflict finds what was typed", "100 %", _PHONES,
        {"inbox entries": 1}, tests=["tests/convergence/test_convergence.py"]),
    Row(9, "Deletions are kept for 180 days; an older cursor is told to start again", "all", _BASICS,
        tests=["tests/sync/test_retention.py", "tests/stories/test_what_is_forgotten.py"]),
    Row(10, "A restored backup is noticed", "all cursors of before",
        _FAULTS, tests=["tests/faults/test_backups.py"]),
    Row(11, "No queue is stuck", "0", _PHONES,
        {"verdicts: rejected": 1}, tests=["tests/convergence/test_convergence.py"]),
    Row(12, "Planted bugs are seen", "every one", _PHONES,
        {"planted bugs seen": 20}, tests=["tests/convergence/test_bugs_are_seen.py"]),
    Row(13, "A seed tells the same history", "always", _PHONES,
        tests=["tests/convergence/test_convergence.py::test_the_same_seed_tells_the_same_history"]),
    Row(14, "A restarted database is used again by itself", "within 5 s", _FAULTS,
        {"restarts of the database": 20}, {"seconds until a restarted database was used again": 5}),
    Row(15, "Without a free connection requests are told so", "within 2 s, health within 0.1 s", _FAULTS,
        {}, {
            "seconds until told that all connections are taken": 2,
            "seconds of a health check meanwhile": 0.1,
        }),
    Row(16, "Clients who hang up leave nothing taken", "0 of 5,000", _FAULTS,
        {"clients who hung up": 5_000}, {"connections they left taken": 0}),
    Row(17, "A full disk loses nothing", "0 lost, on data and log", _FAULTS,
        {"full disks survived": 2, "changes acknowledged around full disks": 1},
        {"changes lost on full disks": 0}),
    Row(18, "Migrations go up and down under load", "no defect, 60 times; p99 at most 5 times", _FAULTS,
        {"migrations under load": 60, "pulls under migrations": 300},
        {"times the p99 of pulls under migrations": 5},
        others=["pushes under migrations", "of them sent away"]),
    Row(19, "Mail is sent at least once", "0 lost of 10,000 in 100 kills", _FAULTS,
        {"letters sent under kills": 10_000, "kills of who sent them": 100},
        others=["letters sent twice by that"], tests=["tests/faults/test_killed_letters.py"]),
    Row(20, "A live stream ends when its phone is shut out", "5 s at most, of 500", _FAULTS,
        {"phones shut out under way": 500}, {"seconds until a stream ended that was shut out": 5}),
    Row(21, "Eight hours of faults under load", "all of the above, memory flat",
        missing="nothing runs for hours; each fault is told by itself"),
    Row(22, "No route shows another account anything", "every route and verb", _ATTACKS,
        others=["routes asked with another account's ids"], tests=["tests/attacks/test_other_accounts.py"]),
    Row(23, "Row-level security is forced on every table", "100 %",
        _BASICS, tests=["tests/house/test_catalogue.py"]),
    Row(24, "Row-level security holds without the app's own care", "0 rows of others in 10,000 queries",
        _BASICS, {"queries that forget the account": 10_000}, {"rows of others they found": 0},
        tests=["tests/house/test_walls.py"]),
    Row(25, "Every key is led by the account", "100 %", _BASICS,
        tests=["tests/house/test_catalogue.py::test_every_key_is_led_by_the_account"]),
    Row(26, "The time of a sign-in tells nothing", "gap below 5 ms, 200 a class", _BASICS,
        {"wrong sign-ins timed in each class": 200}, {"milliseconds between their medians": 5}),
    Row(27, "Guesses are counted", "10 in a quarter of an hour",
        _BASICS, tests=["tests/accounts/test_guessing.py"]),
    Row(28, "Guesses lock nobody's phone out", "100 of 100", _BASICS,
        {"sign-ins of a bound phone under attack": 100},
        tests=["tests/accounts/test_guessing.py::test_a_bound_phone_is_not_locked_out_by_others"]),
    Row(29, "A flood of sign-ins leaves pulls alone", "none refused, p99 at most doubled", _FAULTS,
        {"pulls beside a flood of sign-ins": 300}, {"times that p99 beside a flood of sign-ins": 2},
        others=["milliseconds of p99 without a flood"],
        tests=["tests/faults/test_floods.py::test_a_flood_of_sign_ins_refuses_no_pull"]),
    Row(30, "Passwords are kept by Argon2id", "19 MiB, t=2", _BASICS,
        tests=["tests/accounts/test_passwords.py::test_a_weaker_hash_is_replaced_at_the_next_sign_in"]),
    Row(31, "Common passwords are refused", "40,000 of 40,000", _BASICS,
        {"common passwords refused": 40_000},
        tests=["tests/accounts/test_passwords.py::test_nothing_made_of_a_common_word_is_a_password"]),
    Row(32, "Forged tokens are refused", "0 of 100,000 taken", _ATTACKS,
        {"forged tokens refused": 100_000}, {"forged tokens taken": 0}),
    Row(33, "Both makers of tokens judge alike", "100 %", missing=_ONE_MAKER),
    Row(34, "Both makers of password hashes judge alike", "100 %", missing="there is one maker"),
    Row(35, "The risky libraries are known to one module each", "2 modules", _BASICS,
        tests=["tests/accounts/test_access_tokens.py::test_the_risky_libraries_are_known_to_one_module_each"]),
    Row(36, "A stolen refresh token ends the sign-in", "100 %", _BASICS,
        tests=["tests/accounts/test_refresh.py::test_a_token_used_after_its_successor_ends_the_sign_in"]),
    Row(37, "A lost answer to a refresh signs nobody out", "0 of 1,000", _FAULTS,
        {"answers to refreshes lost": 1_000}, {"sign-outs by lost answers": 0}),
    Row(38, "Who is shut out is so at the next request", "the next request", _FAULTS,
        {"phones shut out under way": 500}, {"pages after a phone was shut out": 0}),
    Row(39, "Two places are two places", "0 too many in 10,000 races", _FAULTS,
        {"races for the last place": 10_000}, {"devices beyond the licences": 0}),
    Row(40, "A phone is wiped on a signed order alone", "0 of 50 forged", _BASICS,
        {"answers with a forged order to wipe": 50}, {"phones they wiped": 0},
        tests=[
            "tests/accounts/test_deactivation.py",
            "clients/python/tests/test_python_client_session.py",
        ]),
    Row(41, "The surname of a gallery's client opens nothing", "0", _BASICS,
        tests=["tests/portal/test_reset_attacks.py"]),
    Row(42, "A reset tells nothing", "same answer, same work", _BASICS,
        tests=["tests/portal/test_reset_attacks.py"]),
    Row(43, "Bodies are refused at the limit", "every route", _ATTACKS,
        tests=["tests/attacks/test_odd_requests.py::test_an_endless_body_is_given_up_at_the_limit"]),
    Row(44, "Odd JSON breaks nothing", "0 defects", _ATTACKS, tests=["tests/attacks/test_odd_requests.py"]),
    Row(45, "Slow clients hold up nobody", "500 clients, 50 MB at most, p99 at most doubled", _FAULTS,
        {"slow clients": 500, "pulls beside slow clients": 300},
        {"megabytes that slow clients took": 50, "times the p99 of pulls beside slow clients": 2}),
    Row(46, "A refusal repeats nothing that was sent", "no value, 4 KB", _BASICS,
        tests=["tests/accounts/test_odd_bodies.py"]),
    Row(47, "Every refusal has one form", "100 %", _BASICS, tests=["tests/house/test_error_shape.py"]),
    Row(48, "Who is sent away is told when to come back", "100 %",
        _BASICS, tests=["tests/house/test_pressure.py"]),
    Row(49, "A busy account slows no other one", "p99 at most 1.5 times at 10 times its share", _FAULTS,
        {"pulls beside a busy account": 300}, {"times the p99 of pulls beside a busy account": 1.5}),
    Row(50, "Repeated keys have one effect", "all rules", _BASICS, tests=["tests/desk/test_once.py"]),
    Row(51, "A card is charged once", "0 of 20,000 charged twice", _FAULTS,
        {"card charges under faults": 20_000}, others=["processes killed around a card charge"],
        tests=["tests/faults/test_processors.py"]),
    Row(52, "Unknown outcomes of payments are resolved", "within 30 min", _FAULTS,
        {"card charges under faults": 20_000}, tests=["tests/faults/test_processors.py"]),
    Row(53, "No card number is kept anywhere", "0 found of 3,000 sent by every way in", _ATTACKS,
        {"card numbers sent by every way in": 3_000}, {"of them found anywhere": 0},
        others=["columns of tables they were looked for in"],
        tests=["tests/attacks/test_card_numbers_everywhere.py"]),
    Row(54, "No secret is logged", "0 found", _BASICS,
        tests=[
            "tests/house/test_observing.py",
            "tests/accounts/test_problems.py::test_a_line_is_logged_without_secrets",
        ]),
    Row(55, "A changed audit log is noticed", "100 %", _BASICS,
        tests=["tests/accounts/test_audit.py", "tests/accounts/test_audit_recipe.py"]),
    Row(56, "Whatever may be asked is answered as declared", "2,000 an operation, 0 that are not", _ATTACKS,
        {"requests made of the document": 700_000}, tests=["tests/attacks/test_contract_fuzz.py"]),
    Row(57, "Load on two cores, as last measured", "200/s, p99 250 ms, 0 errors", MEASURED,
        {}, {
            "processors": 2, "200 requests/s: p99": 250, "200 requests/s: failed": 0,
            "200 requests/s: shed": 0,
        }, missing=_ALONE),
    Row(58, "Overload, as last measured", "3 times: p99 1 s, as before within 10 s", MEASURED,
        {}, {
            "processors": 2, "600 requests/s: p99 of the accepted": 1_000,
            "600 requests/s: neither accepted nor told when to come": 0,
            "200 requests/s again: as before after": 10,
        }, missing=_ALONE),
    Row(59, "The container may do little", "not root, nothing writable",
        missing="the Dockerfile takes root away; no proof builds and starts it"),
    Row(60, "Dependencies have no known faults", "0 unexplained",
        missing="versions and hashes are fixed; nothing asks a list of known faults"),
    Row(61, "Rights hold for every collection, verb and level", "all, no further statement in an idle pull",
        _BASICS, {"rights judged": 1_000}, {"statements of an idle pull": 1},
        tests=["tests/contract/test_levels.py"]),
    Row(62, "Events are posted at least once", "0 lost of 10,000 in 50 kills, 8 repeated a kill", _FAULTS,
        {"events told under kills": 10_000, "kills of who told them": 50},
        others=["events told twice by that"], tests=["tests/faults/test_killed_couriers.py"]),
    Row(63, "Nothing is posted into our own networks", "every address and name", _FAULTS,
        tests=["tests/webhooks/test_webhook_targets.py"]),
    Row(64, "Events tell nobody what their key may not see", "all rules", _FAULTS,
        tests=["tests/webhooks/test_webhook_events.py"]),
    Row(65, "A key is its owner, capped: to lists, to the feed and at every route", "all", _BASICS,
        tests=[
            "tests/keys/test_api_keys.py", "tests/keys/test_key_doors.py", "tests/keys/test_key_feed.py",
        ]),
    Row(66, "Each documented refusal is provoked by a line of the document", "all", _BASICS,
        tests=["tests/house/test_provoked.py"]),
)  # fmt: skip


def run(target: str, settings: Mapping[str, str], folder: Path) -> tuple[bool, Facts]:
    """Run a proof, and return whether all of it went well and what it has told."""
    folder.mkdir()
    environment = {**os.environ, **settings, FOLDER: str(folder)}
    command = ["make", "--no-print-directory", f"PYTHON={sys.executable}", target]
    is_well = subprocess.run(command, env=environment, check=False).returncode == 0
    return is_well, kept(folder)


def measured(path: Path) -> Facts:
    """Return what the targets of a benchmark came to, and how many processors the machine had."""
    told = json.loads(path.read_text())
    figures = {each["what"]: float(each["measured"]) for each in told["targets"]}
    return {"processors": float(told["machine"]["processors"]), **figures}


def card(facts: Mapping[str, Facts]) -> str:
    """Return the scorecard as a table."""
    lines, counts = [], Counter[str]()
    for row in ROWS:
        stands, figure = row.judged(facts.get(row.proof, {}))
        lines.append(f"{row.number:>2}  {stands:<8}  {row.claim}: {row.target}{figure and ' | ' + figure}")
        counts[stands] += 1
    total = ", ".join(f"{number} {stands}" for stands, number in counts.most_common())
    return "\n".join([*lines, total])


def main() -> None:
    """Run all proofs and print the scorecard; fails when a proof does."""
    facts, failed = {MEASURED: measured(Path(__file__).parents[1] / MEASURED)}, []
    with TemporaryDirectory() as folder:
        for target, settings in PROOFS.items():
            is_well, facts[target] = run(target, settings, Path(folder, target))
            failed += [] if is_well else [target]
    sys.stdout.write(f"\n{card(facts)}\n")
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
