"""SOQL over whatever nouns are declared: text → tokens → tree → one parameterised statement.

`compile_query` is all a face needs, `compile_lookup` all a condition does. Literals never reach the SQL text:
queries that differ in literals only share one plan, and so one prepared statement.
"""

from __future__ import annotations

from collections import OrderedDict

from ordo.soql.binds import Lookup, UnfitBind
from ordo.soql.compile import lookup_of, plan_of
from ordo.soql.errors import Mistake, malformed
from ordo.soql.parse import Parser
from ordo.soql.plans import Bindings, Compiled, Plan, Scope
from ordo.soql.tokens import lex

__all__ = ["Compiled", "Lookup", "Scope", "UnfitBind", "compile_lookup", "compile_query", "forget_plans"]

STATEMENT_LENGTH = 100_000
PLANS = 1000
SHAPE_KEPT = 2000  # tokens; a longer statement is planned each time rather than held in memory
_plans: OrderedDict[object, Plan] = OrderedDict()


def compile_query(text: str, scope: Scope) -> Compiled:
    """The statement for a query. Raises a Problem with the platform's code and text (MALFORMED_QUERY,
    INVALID_FIELD, INVALID_TYPE, INVALID_QUERY_FILTER_OPERATOR, NUMBER_OUTSIDE_VALID_RANGE)."""
    try:
        return _compiled(text, scope)
    except Mistake as mistake:
        raise mistake.in_text(text) from None


def compile_lookup(text: str, scope: Scope) -> Lookup:
    """The statement for a query with bind variables (`:Name`) of which only matters whether it finds a row.
    Raises the same as `compile_query`."""
    try:
        lifted = lex(_short(text))
        lookup = lookup_of(Parser(lifted.tokens, binds=True).statement(), scope, lifted.slots)
        lookup.arguments([], scope)  # reads the literals
    except Mistake as mistake:
        raise mistake.in_text(text) from None
    return lookup


def forget_plans() -> None:
    """To be called when declarations change at run time."""
    _plans.clear()


def _compiled(text: str, scope: Scope) -> Compiled:
    lifted = lex(_short(text))
    ways = tuple(scope.limit.located.items()) if scope.limit else ()
    key = (lifted.shape, scope.version, scope.include_deleted, scope.person_accounts, ways)
    plan = _plans.get(key)
    if plan is None:
        plan = plan_of(Parser(lifted.tokens).statement(), scope)
        if len(lifted.shape) <= SHAPE_KEPT:
            _keep(key, plan)
    else:
        _plans.move_to_end(key)
    return plan.bind(Bindings(lifted.slots, scope))


def _short(text: str) -> str:
    if len(text) > STATEMENT_LENGTH:
        raise malformed(f"SOQL statements cannot be longer than {STATEMENT_LENGTH:,} characters")
    return text


def _keep(key: object, plan: Plan) -> None:
    _plans[key] = plan
    if len(_plans) > PLANS:
        _plans.popitem(last=False)  # the one unused for longest
