"""One evaluator for all expressions of diagrams, forms and decision tables. No Python is ever evaluated.

`juel.parse` reads the inside of `${…}`, `feel.parse` a FEEL expression and `feel.parse_tests` a cell of a
decision table; all give an `Expression`. What operators do with null is a table in `values`.
"""

from app.expressions import feel, juel
from app.expressions.compiling import Budget
from app.expressions.errors import ExpressionRefused
from app.expressions.expression import Expression

__all__ = ["Budget", "Expression", "ExpressionRefused", "feel", "juel"]
