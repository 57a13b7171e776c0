"""Every statement of the product names its account: read by PostgreSQL's own parser, table by table.

A table of accounts is one with a column `account_id`. In each statement, the `account_id` of each of them
is to be equal to a parameter, to a literal, to what `HERE` has set, or to that of a table for which that
holds: by a condition that no row of it escapes, or by what is inserted. Then one node can do all of it, and
no row is found by another account's id. What stands beside an outer join says nothing of the table whose
rows are kept anyway, and what is asked of a CTE, of a page or of a window nothing of what these were made
from.

Beside that nothing is said that only one machine can do, or only without a pooler: see `RULES`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pglast import ast as _ast
from pglast import enums, parse_sql

from app.core.db import HERE

ast: Any = _ast
"""The kinds of nodes: by their types anything might be missing in any of them."""

ACCOUNT = "account_id"
RULES = {
    "account": "the account of a table is not said",
    "moves": "a row is given to another account",
    "star": "`*` of a table is answered, which a pooler's connections refuse once a migration has widened it",
    "copy": "Citus cannot insert what is read from no table, without ON CONFLICT or RETURNING",
    "beside": "Citus cannot insert what is read from a table, at the end of a statement that writes before",
    "conflict": "Citus changes a row that is there by no parameter, where rows are selected to be inserted",
    "directory": "Citus changes a table that is on every node by nothing another table says",
    "setting": "a setting outlives its transaction, and a pooler lends it on",
    "here": "the account is set by another statement than `HERE`",
    "kind": "only what reads and writes rows, transactions and notifications are expected",
}
_BY_NAME = "nobody is known before a name, an address or a hash has been looked up"
_ROUND = "jobs go round the accounts whose hour has come, and then from account to account"
_OPERATOR = "the operator's own look at all accounts, by name"
ALLOWED: Mapping[str, str] = {
    "SELECT account_id FROM account_directory WHERE account_name = $1": _BY_NAME,
    "SELECT account_id, gallery_id FROM gallery_addresses WHERE address_hash = $1": _BY_NAME,
    "SELECT account_name, account_id FROM account_directory ORDER BY account_name": _OPERATOR,
    "SELECT account_name, account_id FROM account_directory"
    " WHERE account_name > $1 ORDER BY account_name LIMIT $2": _OPERATOR,
    "SELECT account_id FROM account_directory WHERE <due> <= $1 ORDER BY <due>, account_id LIMIT $2": _ROUND,
    "SELECT <due> AS due_at, account_id FROM account_directory"
    " WHERE <due> <= $1 AND (<due>, account_id) > ($2, $3) ORDER BY <due>, account_id LIMIT $4": _ROUND,
}
"""What is asked of several accounts at once, and why: of the directories alone, which each node has whole."""
DIRECTORIES = frozenset({"account_directory", "gallery_addresses"})

_DUE = re.compile(r"\b(?!due_at\b)\w+_(?:due|ends)_at\b")
_STAR = "*"

_PLAIN = (
    ast.TransactionStmt,
    ast.NotifyStmt,
    ast.ListenStmt,
    ast.UnlistenStmt,
    ast.VariableShowStmt,
)
_DRIVERS_OWN = "jit"
"""The setting asyncpg turns off and on again around its look at types."""
_Statement: Any = ast.SelectStmt | ast.InsertStmt | ast.UpdateStmt | ast.DeleteStmt


@dataclass(frozen=True, slots=True)
class Fault:
    """What a statement does not keep to: one of `RULES`, and the table or the words it is about."""

    rule: str
    place: str

    def __str__(self) -> str:
        return f"{self.place}: {RULES[self.rule]}"


@dataclass(eq=False, slots=True)
class _Account:
    """Whose rows a table's are: known if it is said, or if all of any of its reasons are known."""

    is_known: bool = False
    reasons: list[tuple["_Account", ...]] = field(default_factory=list)


_SAID = _Account(is_known=True)
_Columns = list[tuple[str, _Account | None]]
"""What a query makes, in its order; None is what may be of any account."""


@dataclass(eq=False, slots=True)
class _Relation:
    name: str
    columns: dict[str, _Account | None]
    table: str = ""


@dataclass(eq=False, slots=True)
class _Scope:
    outer: "_Scope | None" = None
    relations: list[_Relation] = field(default_factory=list)
    queries: dict[str, _Columns] = field(default_factory=dict)

    def up(self) -> Iterator["_Scope"]:
        """Yield this level and those around it."""
        scope: _Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer


def judged(sql: str, tables: Iterable[str]) -> list[Fault]:
    """Return what a text of one or more statements does not keep to; `tables` are those of accounts."""
    if _DUE.sub("<due>", " ".join(sql.split())) in ALLOWED:
        return []
    reader = _Reader(frozenset(tables))
    for each in parse_sql(sql):
        reader.read(each.stmt)
    if "set_config('app.account'" in sql.replace(HERE, ""):
        reader.faults.append(Fault("here", "set_config"))
    _follow(account for _, account in reader.found)
    names = {name.partition(" ")[0] for name, _ in reader.found}
    if reader.written & DIRECTORIES and names - DIRECTORIES:
        reader.faults.append(Fault("directory", *(reader.written & DIRECTORIES)))
    lost = [Fault("account", name) for name, account in reader.found if not account.is_known]
    return list(dict.fromkeys(reader.faults + lost))


def _follow(accounts: Iterable[_Account]) -> None:
    """Find out all that is known, from what is said on."""
    known, open_ = False, set(accounts)
    todo = [*open_]
    while todo:
        for reason in todo.pop().reasons:
            new = set(reason) - open_
            open_ |= new
            todo += new
    while not known:
        known = True
        for each in open_:
            if not each.is_known and any(all(one.is_known for one in reason) for reason in each.reasons):
                each.is_known, known = True, False


class _Reader:
    """Reads statements from within: `found` are the tables of accounts and whose rows they are asked for."""

    def __init__(self, tables: frozenset[str]) -> None:
        self._tables = tables
        self._made: dict[int, _Columns] = {}
        self.found: list[tuple[str, _Account]] = []
        self.faults: list[Fault] = []
        self.written: set[str] = set()

    def read(self, statement: Any) -> None:
        if isinstance(statement, _Statement):
            made = self._query(statement, None)
            self.faults += [
                Fault("star", name.removeprefix(_STAR)) for name, _ in made if name.startswith(_STAR)
            ]
        elif isinstance(statement, ast.VariableSetStmt):
            if not statement.is_local:
                self.faults.append(Fault("setting", str(statement.name)))
        elif not isinstance(statement, _PLAIN):
            self.faults.append(Fault("kind", type(statement).__name__))

    def _query(self, query: Any, outer: _Scope | None) -> _Columns:
        scope = _Scope(outer)
        self._with(query.withClause, scope)
        match query:
            case ast.SelectStmt():
                return self._select(query, scope)
            case ast.InsertStmt():
                return self._insert(query, scope)
            case ast.UpdateStmt():
                if any(each.name == ACCOUNT for each in query.targetList):
                    self.faults.append(Fault("moves", query.relation.relname))
                return self._change(query, query.fromClause, scope)
            case ast.DeleteStmt():
                return self._change(query, query.usingClause, scope)
        self.faults.append(Fault("kind", type(query).__name__))
        return []

    def _with(self, clause: Any, scope: _Scope) -> None:
        for each in clause.ctes if clause else ():
            query, names = each.ctequery, _strings(each.aliascolnames)
            if clause.recursive and getattr(query, "op", 0):
                inner = _Scope(scope)
                first = self._query(query.larg, inner)
                inner.queries[each.ctename] = _named(_apart(first), names)
                made = _either(first, self._query(query.rarg, inner))
            else:
                made = self._query(query, scope)
            scope.queries[each.ctename] = _named(_apart(made), names)

    def _select(self, query: Any, scope: _Scope) -> _Columns:
        if query.op:
            made = _either(self._query(query.larg, scope), self._query(query.rarg, scope))
        elif query.valuesLists:
            self._within(query.valuesLists, scope)
            rows = [[self._value(each, scope) for each in row] for row in query.valuesLists]
            made = [(f"column{n}", _all(column)) for n, column in enumerate(zip(*rows, strict=True), 1)]
        else:
            for each in query.fromClause or ():
                self._take(each, scope)
            self._within(query.targetList, scope)
            self._within(query.whereClause, scope)
            self._conditions(query.whereClause, scope, scope.relations)
            made = self._targets(query.targetList, scope)
        beside = (query.groupClause, query.havingClause, query.sortClause, query.windowClause)
        ends = (query.limitCount, query.limitOffset)
        self._within((beside, ends, query.distinctClause), scope)
        is_part = any(ends) or any(getattr(each, "over", None) for each in _nodes(query.targetList))
        return _apart(made) if is_part else made

    def _insert(self, query: Any, scope: _Scope) -> _Columns:
        rows = self._query(query.selectStmt, scope) if query.selectStmt else []
        names = [each.name for each in query.cols or ()]
        target = self._table(query.relation, scope)
        self.written.add(target.table)
        account = target.columns.get(ACCOUNT)
        if account is not None and ACCOUNT in names[: len(rows)]:
            value = rows[names.index(ACCOUNT)][1]
            account.reasons += [(value,)] if value else []
        conflict = query.onConflictClause
        if conflict:
            is_selected = query.selectStmt and not query.selectStmt.valuesLists
            told = _nodes((conflict.targetList, conflict.whereClause))
            if account and is_selected and any(isinstance(each, ast.ParamRef) for each in told):
                self.faults.append(Fault("conflict", target.table))
            around = _Scope(scope, [target, _Relation("excluded", target.columns)])
            self._within((conflict.targetList, conflict.whereClause), around)
            if any(each.name == ACCOUNT for each in conflict.targetList or ()):
                self.faults.append(Fault("moves", target.name))
        is_plain = not conflict and not query.returningClause
        is_read = is_plain and query.selectStmt and not query.selectStmt.valuesLists
        if account and is_read and target.table not in DIRECTORIES:
            if not _reads_tables(query.selectStmt, self._tables):
                self.faults.append(Fault("copy", target.table))
            elif any(
                not isinstance(each.ctequery, ast.SelectStmt)
                for each in getattr(query.withClause, "ctes", ())
            ):
                self.faults.append(Fault("beside", target.table))
        return self._returned(query, scope)

    def _change(self, query: Any, others: Any, scope: _Scope) -> _Columns:
        self.written.add(self._table(query.relation, scope).table)
        for each in others or ():
            self._take(each, scope)
        self._within((getattr(query, "targetList", None), query.whereClause), scope)
        self._conditions(query.whereClause, scope, scope.relations)
        return self._returned(query, scope)

    def _returned(self, query: Any, scope: _Scope) -> _Columns:
        if not query.returningClause:
            return []
        self._within(query.returningClause.exprs, scope)
        return self._targets(query.returningClause.exprs, scope)

    def _take(self, item: Any, scope: _Scope) -> list[_Relation]:
        """Take up what stands in FROM, and what its joins say; returns the relations of it."""
        match item:
            case ast.RangeVar():
                return [self._table(item, scope)]
            case ast.JoinExpr():
                left, right = self._take(item.larg, scope), self._take(item.rarg, scope)
                self._within(item.quals, scope)
                held = {
                    enums.JoinType.JOIN_INNER: left + right,
                    enums.JoinType.JOIN_LEFT: right,
                    enums.JoinType.JOIN_RIGHT: left,
                }.get(item.jointype, [])
                self._conditions(item.quals, scope, held)
                if ACCOUNT in _strings(item.usingClause):
                    pair = [_first(side, ACCOUNT) for side in (left, right)]
                    _equal(pair[0], pair[1], held)
                return left + right
            case ast.RangeSubselect():
                made = self._query(item.subquery, scope)
            case ast.RangeFunction():
                self._within(item.functions, scope)
                made = [(each.colname, None) for each in item.coldeflist or ()]
                made = made or [(name, None) for name in _strings(getattr(item.alias, "colnames", None))]
            case _:
                self.faults.append(Fault("kind", type(item).__name__))
                return []
        relation = _Relation(
            item.alias.aliasname if item.alias else "",
            dict(_named(made, _strings(item.alias.colnames) if item.alias else [])),
        )
        scope.relations.append(relation)
        return [relation]

    def _table(self, named: Any, scope: _Scope) -> _Relation:
        name = named.alias.aliasname if named.alias else named.relname
        made = next(
            (each.queries[named.relname] for each in scope.up() if named.relname in each.queries), None
        )
        if made is not None and not named.schemaname:
            relation = _Relation(name, dict(_named(made, _strings(getattr(named.alias, "colnames", None)))))
        else:
            relation = _Relation(name, {}, named.relname if named.relname in self._tables else "")
            if named.relname in self._tables:
                account = relation.columns[ACCOUNT] = _Account()
                self.found.append(
                    (named.relname if name == named.relname else f"{named.relname} {name}", account)
                )
        scope.relations.append(relation)
        return relation

    def _targets(self, targets: Any, scope: _Scope) -> _Columns:
        made: _Columns = []
        for each in targets or ():
            names = _path(each.val)
            if names and names[-1] == _STAR:
                meant = (
                    [one for one in scope.relations if one.name == names[-2]]
                    if names[1:]
                    else scope.relations
                )
                made += [column for one in meant for column in one.columns.items()]
                made += [(_STAR + one.table, None) for one in meant if one.table]
            else:
                made.append((each.name or (names[-1] if names else ""), self._value(each.val, scope)))
        return made

    def _conditions(self, said: Any, scope: _Scope, held: Sequence[_Relation]) -> None:
        """Take what must be so of the rows of some relations, whichever way it is said."""
        if isinstance(said, ast.BoolExpr) and said.boolop == enums.BoolExprType.AND_EXPR:
            for each in said.args:
                self._conditions(each, scope, held)
        elif (
            isinstance(said, ast.A_Expr)
            and said.kind == enums.A_Expr_Kind.AEXPR_OP
            and said.name[-1].sval == "="
        ):
            for left, right in zip(_members(said.lexpr), _members(said.rexpr), strict=False):
                _equal(self._value(left, scope), self._value(right, scope), held)
        elif isinstance(said, ast.SubLink) and said.subLinkType == enums.SubLinkType.ANY_SUBLINK:
            made = (
                self._made[id(said.subselect)] if not said.operName or said.operName[-1].sval == "=" else []
            )
            for each, (_, value) in zip(_members(said.testexpr), made, strict=False):
                _equal(self._value(each, scope), value, held)

    def _value(self, said: Any, scope: _Scope) -> _Account | None:
        match said:
            case ast.TypeCast():
                return self._value(said.arg, scope)
            case ast.ParamRef() | ast.A_Const(isnull=False | None):
                return _SAID
            case ast.ColumnRef():
                return _column(_path(said), scope)
            case ast.SubLink(subLinkType=enums.SubLinkType.EXPR_SUBLINK):
                return next((value for _, value in self._made[id(said.subselect)]), None)
            case ast.FuncCall() if said.funcname[-1].sval == "set_config":
                return self._value(said.args[1], scope)
        return None

    def _within(self, said: Any, scope: _Scope) -> None:
        """Read the queries that stand within expressions."""
        for each in _nodes(said):
            if isinstance(each, ast.SubLink):
                self._made[id(each.subselect)] = self._query(each.subselect, scope)
            elif isinstance(each, ast.FuncCall) and each.funcname[-1].sval == "set_config":
                name, _, is_local = (_literal(one) for one in each.args)
                if is_local is not True and name != _DRIVERS_OWN:
                    self.faults.append(Fault("setting", str(name)))


def _column(names: list[str], scope: _Scope) -> _Account | None:
    for level in scope.up():
        for relation in level.relations:
            if names[:-1] in ([], [relation.name]) and names[-1] in relation.columns:
                return relation.columns[names[-1]]
            if names[:-1] == [relation.name]:
                return None
    return None


def _equal(one: _Account | None, other: _Account | None, held: Sequence[_Relation]) -> None:
    """Have either be known by the other, if it is of a relation of which the condition holds."""
    if one is None or other is None:
        return
    ours = [account for relation in held for account in relation.columns.values()]
    for mine, its in ((one, other), (other, one)):
        if any(mine is each for each in ours):
            mine.reasons.append((its,))


def _either(one: _Columns, other: _Columns) -> _Columns:
    """Return what two queries make together; what is said of it is said of each of them."""
    made: _Columns = []
    for (name, left), (_, right) in zip(one, other, strict=False):
        both = _all([left, right])
        for each in (left, right):
            if both and each and not each.is_known:
                each.reasons.append((both,))
        made.append((name, both))
    return made


def _all(values: Sequence[_Account | None]) -> _Account | None:
    found = [each for each in values if each is not None]
    return _Account(reasons=[tuple(found)]) if len(found) == len(values) else None


def _apart(columns: _Columns) -> _Columns:
    """Return what is made once and for all: what is asked of it is not asked of where it comes from."""
    return [(name, _Account(reasons=[(value,)]) if value else None) for name, value in columns]


def _named(columns: _Columns, names: list[str]) -> _Columns:
    rest = columns[len(names) :]
    return [(name, value) for name, (_, value) in zip(names, columns, strict=False)] + rest


def _first(relations: Sequence[_Relation], column: str) -> _Account | None:
    return next((each.columns[column] for each in relations if column in each.columns), None)


def _reads_tables(query: Any, tables: frozenset[str]) -> bool:
    """Say whether a query reads tables of accounts by itself."""
    todo: list[Any] = [query]
    while todo:
        match todo.pop():
            case ast.SelectStmt() as each:
                todo += [each.larg, each.rarg, *(each.fromClause or ())]
            case ast.JoinExpr() as each:
                todo += [each.larg, each.rarg]
            case ast.RangeSubselect() as each:
                todo.append(each.subquery)
            case ast.RangeVar() as each if each.relname in tables:
                return True
    return False


def _members(said: Any) -> Sequence[Any]:
    return said.args if isinstance(said, ast.RowExpr) else [said]


def _path(said: Any) -> list[str]:
    if not isinstance(said, ast.ColumnRef):
        return _path(said.arg) if isinstance(said, ast.TypeCast) else []
    return [_STAR if isinstance(each, ast.A_Star) else each.sval for each in said.fields]


def _strings(names: Any) -> list[str]:
    return [each.sval for each in names or ()]


def _literal(said: Any) -> object:
    if isinstance(said, ast.TypeCast):
        return _literal(said.arg)
    found = said.val if isinstance(said, ast.A_Const) else None
    return getattr(found, "sval", getattr(found, "boolval", None))


def _nodes(said: Any) -> Iterator[Any]:
    """Yield a node and all within it, but not what stands in queries of its own."""
    if isinstance(said, tuple | list):
        for each in said:
            yield from _nodes(each)
    elif isinstance(said, ast.Node):
        yield said
        if not isinstance(said, _Statement):
            for name in said.__slots__:
                yield from _nodes(getattr(said, name))
