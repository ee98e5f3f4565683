"""Tree and declarations to a plan: the one statement that answers the query, and the one that counts it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from ordo.platform.fields import Field, Kind
from ordo.platform.records import Noun, children_of, noun, nouns
from ordo.soql.binds import Lookup
from ordo.soql.columns import grouped_columns, no_columns, selected_columns
from ordo.soql.conditions import Conditions
from ordo.soql.errors import malformed, unknown_child, unknown_type
from ordo.soql.functions import operand, where_operand
from ordo.soql.groups import Groups, is_grouped
from ordo.soql.orders import order_terms
from ordo.soql.plans import Bindings, Plan, Scope
from ordo.soql.render import json_object
from ordo.soql.selection import Selection, ShownChildren
from ordo.soql.sources import Column, Source, Writing, column_sql, visible
from ordo.soql.tokens import Token
from ordo.soql.tree import Call, Compare, Literal, Path, Query

SEMI_JOINS = 2
CHILD_QUERIES = 20
_DEEP_CHILDREN_SINCE = 58.0
_DEEP_CHILDREN = 5


def plan_of(query: Query, scope: Scope) -> Plan:
    """Raises Mistake."""
    writing = Writing(scope)
    source = _open(writing, query, 0)
    if _is_count(query):
        return _count_plan(source, query)
    return _grouped_plan(source, query) if is_grouped(query) else _row_plan(source, query)


def lookup_of(query: Query, scope: Scope, slots: list[list[Token]]) -> Lookup:
    """Raises Mistake. Each asker is looked up by itself, in that order: a plan made while tables were small
    stays right."""
    plan_of(query, scope)  # the SELECT list is not executed, and right all the same
    if is_grouped(query) or _is_count(query) or query.limit or query.offset:
        raise malformed("a condition selects rows: no aggregates, LIMIT or OFFSET", query.at)
    writing = Writing(scope)
    joined, where = _from_where(_open(writing, query, 0), query)
    types = ["bigint", *(bound.sql_type for bound in writing.binds)]
    arrays = ", ".join(f"${number}::{one}[]" for number, one in enumerate(types, len(writing.binders) + 1))
    names = ", ".join(["n", *(f"b{number}" for number in range(len(writing.binds)))])
    sql = (
        f"SELECT asked.n FROM unnest({arrays}) asked({names}) "
        f"CROSS JOIN LATERAL (SELECT FROM {joined}{where} LIMIT 1) found"
    )
    return Lookup(sql, tuple(writing.binders), slots, tuple(writing.binds))


def _open(writing: Writing, query: Query, level: int) -> Source:
    name = query.source.names[-1]
    of = noun(name)
    if of is None or "query" not in of.calls or len(query.source.names) > 1:
        raise unknown_type(".".join(query.source.names), query.source.at)
    source = Source(writing, of, query.alias, level)
    for path, alias in query.also:
        source.also(path, alias)
    return source


def _is_count(query: Query) -> bool:
    what = query.entries[0].what
    if not isinstance(what, Call) or what.name != "COUNT" or what.arguments:
        return False
    if len(query.entries) > 1 or query.group:
        raise malformed("COUNT() must be the only element in the select list", query.entries[0].at)
    if query.order:
        raise malformed("ORDER BY is not allowed with COUNT()", query.order[0].what.at)
    return True


def _count_plan(source: Source, query: Query) -> Plan:
    count_sql = _counting(source.writing, *_from_where(source, query))
    counted, columns = len(source.writing.binders), partial(no_columns, source.noun)
    return _plan(source, query, sql=count_sql, count_sql=count_sql, counted=counted, columns=columns)


def _row_plan(source: Source, query: Query) -> Plan:
    joined, where = _from_where(source, query)
    count_sql = _counting(source.writing, joined, where)
    counted = len(source.writing.binders)
    selection = Selection(source, query, _children)
    chosen, order = selection.sql(), _order(source, query)
    sql = f"SELECT {chosen} AS j FROM {source.sql}{where} ORDER BY {order}{_page(source.writing)}"
    return _plan(
        source,
        query,
        sql=sql,
        count_sql=count_sql,
        counted=counted,
        columns=partial(selected_columns, selection.shown),
    )


def _grouped_plan(source: Source, query: Query) -> Plan:
    if query.limit and not query.group:
        raise malformed(
            "Non-grouped query that uses overall aggregate functions cannot also use LIMIT", query.limit.at
        )
    groups = Groups(source, query)
    _, where = _from_where(source, query)
    having = ""
    if query.having:
        having = f" HAVING {_conditions(source, groups.operand).sql(query.having)}"
    order = ", ".join(order_terms(query.order, groups.operand))
    tail = where + groups.by() + having
    count_sql = _counting(source.writing, source.sql, tail, "count(*)")
    sql = f"SELECT {groups.sql()} AS j FROM {source.sql}{tail}"
    sql += (f" ORDER BY {order}" if order else "") + _page(source.writing)
    counted = len(source.writing.binders)
    return _plan(
        source,
        query,
        sql=sql,
        count_sql=count_sql,
        counted=counted,
        columns=partial(grouped_columns, source.noun, groups),
    )


def _plan(
    source: Source,
    query: Query,
    *,
    sql: str,
    count_sql: str,
    counted: int,
    columns: Callable[[], dict[str, Any]],
) -> Plan:
    return Plan(
        noun=source.noun,
        nouns=frozenset(source.writing.nouns),
        query=query,
        sql=sql,
        count_sql=count_sql,
        binders=tuple(source.writing.binders),
        counted_binders=counted,
        counted=_is_count(query),
        grouped=is_grouped(query) and not _is_count(query),
        columns=columns,
        checks=tuple(source.writing.checks),
    )


def _page(writing: Writing) -> str:
    used = len(writing.binders)
    return f" LIMIT ${used + 1}::bigint OFFSET ${used + 2}::bigint"


def _counting(writing: Writing, joined: str, tail: str, what: str = "") -> str:
    return f"SELECT count(*) AS n FROM (SELECT {what} FROM {joined}{tail}{_page(writing)}) counted"


def _from_where(source: Source, query: Query, *first: str) -> tuple[str, str]:
    """FROM with the joins that WHERE needs, and WHERE; `first` are conditions of our own."""
    own = source.writing.own(source.noun, source.table)
    terms = [*first, *([own] if own else [])]
    if not (source.writing.scope.include_deleted or query.all_rows):
        terms.append(f"NOT {source.table}.isdeleted")
    if query.scope and query.scope.upper() == "MINE" and source.noun.field("OwnerId"):
        user = source.writing.argument("text", lambda bound: bound.scope.user_id)
        terms.append(f"{source.table}.ownerid = {user}")
    if query.where:
        terms.append(_conditions(source, partial(where_operand, source)).sql(query.where))
    return source.sql, f" WHERE {' AND '.join(terms)}" if terms else ""


def _conditions(source: Source, left: Callable[[Path | Call], Column]) -> Conditions:
    return Conditions(source, left, partial(_semi_join, source))


def _order(source: Source, query: Query) -> str:
    """By id in the end, so that pages neither overlap nor leave a row out."""
    terms = order_terms(query.order, partial(operand, source))
    return ", ".join([*terms, f"{source.table}.id"])


# -- semi-joins


def _semi_join(outer: Source, compare: Compare, column: Column, query: Query) -> str:
    writing = outer.writing
    writing.semi_joins += 1
    if writing.semi_joins > SEMI_JOINS:
        raise malformed(f"Maximum {SEMI_JOINS} semi join sub-selects are allowed", compare.at)
    if outer.level < 0:
        raise malformed("Nesting of semi join sub-selects is not supported", compare.at)
    if column.far or column.field.kind not in _IDS:
        raise malformed(
            "The left operand of a semi join must be Id or a reference of the queried object", compare.at
        )
    selected = _semi_selected(query)
    inner = _open(writing, query, -1)
    if inner.noun is outer.noun:
        raise malformed("The inner and outer selects should not be on the same object type", compare.at)
    found = inner.column(selected)
    if not _targets(outer.noun, column.field) & _targets(inner.noun, found.field):
        raise malformed(
            f"The selected field '{found.field.api}' in the subquery and the left operand field in the where "
            f"expression in the outer query '{column.field.api}' should point to the same object type",
            compare.at,
        )
    joined, where = _from_where(inner, query, f"{found.sql} = {column.sql}")
    return f"EXISTS (SELECT FROM {joined}{where})"


_IDS = frozenset({Kind.ID, Kind.REFERENCE})


def _semi_selected(query: Query) -> Path:
    what = query.entries[0].what
    extra = query.order or query.limit or query.offset or query.group or query.all_rows
    if len(query.entries) > 1 or not isinstance(what, Path) or extra:
        raise malformed("The inner select of a semi join has one field, and no ORDER BY or LIMIT", query.at)
    return what


def _targets(of: Noun, field: Field) -> frozenset[str]:
    return frozenset([of.api] if field.kind is Kind.ID else field.targets)


# -- child sub-queries


def _children(outer: Source, query: Query) -> ShownChildren:
    """Written into the SELECT list of the outer query: null without rows."""
    relationship, of, field = _child_relationship(outer, query)
    if is_grouped(query) or _is_count(query):
        raise malformed("Aggregates are not allowed in a child sub-query", query.at)
    inner = Source(outer.writing, of, query.alias, outer.level + 1)
    for path, alias in query.also:
        inner.also(path, alias)
    link = f"{column_sql(inner.table, field)} = {outer.table}.id"
    _, where = _from_where(inner, query, link)
    selection = Selection(inner, query, _children)
    chosen, order = selection.sql(), _order(inner, query)
    rows = f"SELECT {chosen} AS j FROM {inner.sql}{where} ORDER BY {order}{_bounds(outer.writing, query)}"
    result = json_object([("totalSize", "count(*)"), ("done", "true"), ("records", "json_agg(kids.j)")])
    sql = f"(SELECT CASE WHEN count(*) > 0 THEN {result} END FROM ({rows}) kids)"
    return ShownChildren(relationship, selection.shown, sql)


def _child_relationship(outer: Source, query: Query) -> tuple[str, Noun, Field]:
    levels = _DEEP_CHILDREN if float(outer.writing.scope.version) >= _DEEP_CHILDREN_SINCE else 1
    if outer.level < 0 or outer.level >= levels:
        raise malformed(f"Child sub-queries go {levels} levels deep at most", query.at)
    outer.writing.child_queries += 1
    if outer.writing.child_queries > CHILD_QUERIES:
        raise malformed(f"No more than {CHILD_QUERIES} child sub-queries are allowed", query.at)
    name = query.source.names[-1]
    found = _child_relationships(outer.noun, len(nouns())).get(name.lower())
    if found is None or not visible(found[0], found[1], outer.writing.scope):
        raise unknown_child(name, query.source.at)
    of, field = found
    return field.children or name, of, field


@cache
def _child_relationships(of: Noun, declared: int) -> dict[str, tuple[Noun, Field]]:  # noqa: ARG001
    """By name; `declared` (how many nouns there are) makes a later declaration seen."""
    return {(field.children or "").lower(): (child, field) for child, field in children_of(of)}


def _bounds(writing: Writing, query: Query) -> str:
    """LIMIT and OFFSET of a sub-query: arguments like any other literal."""
    sql = ""
    for word, literal in (("LIMIT", query.limit), ("OFFSET", query.offset)):
        if literal:
            sql += f" {word} {writing.argument('bigint', partial(_whole_number, literal))}"
    return sql


def _whole_number(literal: Literal, bindings: Bindings) -> object:
    return int(bindings.token(literal.slot).text)
