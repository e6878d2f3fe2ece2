"""The schema of the prepared table, enforced by pandera in the prepare stage."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import pandera.pandas as pa

from ..common.table import DTYPES, Column, Data


def table_schema(data: Data, others: Iterable[str] = ()) -> pa.DataFrameSchema:
    """The schema of data/interim/table.parquet, from the `columns` of configs/data/; `others` are columns not listed.

    Every listed column exists with its type and limits. No column is empty. A target class has at least two values.
    """
    columns = {name: pa.Column(checks=[filled()], nullable=True) for name in others}
    columns[data.target] = pa.Column(checks=[filled()], nullable=False)
    columns |= {name: _column(column) for name, column in data.columns.items()}
    checks = [pa.Check(lambda table: len(table) > 0, error="no row is left")]
    if data.task == "classification":
        message = f"only one class in {data.target!r}, at least two are needed"
    else:
        message = f"only one value in {data.target!r}: there is nothing to predict"
    checks.append(pa.Check(lambda table: table[data.target].nunique() != 1, error=message))
    return pa.DataFrameSchema(columns, checks=checks, strict=False)


def filled() -> pa.Check:
    """Check that a column has a value. It passes for a table without rows, which another check reports once."""
    return pa.Check(
        lambda values: values.notna().any() or len(values) == 0, error="it has no value at all", ignore_na=False
    )


def out_of_range(table: pd.DataFrame, data: Data) -> pd.Series:
    """Whether a row is outside the minimum, maximum or values of a column, bool (rows,); missing is inside."""
    bad = pd.Series(False, index=table.index)
    for name, column in data.columns.items():
        values = table[name]
        if column.minimum is not None:
            bad |= (values < column.minimum).fillna(False)
        if column.maximum is not None:
            bad |= (values > column.maximum).fillna(False)
        if column.values is not None:
            bad |= values.notna() & ~values.isin(column.values)
    return bad


def enforce(table: pd.DataFrame, data: Data) -> pd.DataFrame:
    """Check a table against its schema.

    Raises:
        ValueError: a check fails; the message lists each column with the failed check and the first case.
    """
    try:
        return table_schema(data, table.columns).validate(table, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases.drop_duplicates(["column", "check"])
        reasons = [_reason(case, table) for case in cases.to_dict("records")]
        raise ValueError("the data do not fit the schema: " + "; ".join(reasons)) from None


def _column(column: Column) -> pa.Column:
    checks = [filled()]
    if column.minimum is not None:
        checks.append(pa.Check.ge(column.minimum))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum))
    if column.values is not None:
        checks.append(pa.Check.isin(column.values))
    return pa.Column(DTYPES[column.type], checks=checks, nullable=column.nullable)


def _reason(case: dict[str, object], table: pd.DataFrame) -> str:
    column, check = case["column"], case["check"]
    if check == "column_in_dataframe":
        return f"column {case['failure_case']!r} is missing, there are {', '.join(map(repr, table.columns))}"
    if check == "no row is left" or column is None or column not in table.columns:
        return str(check)
    if check == "it has no value at all":
        return f"column {column!r}: {check}"
    return f"column {column!r}: {check}, found {case['failure_case']!r}"
