"""Twelve tables in the shape of public ones: their headers, marks and oddities, with generated values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

ROWS = 400


@dataclass(frozen=True)
class Table:
    """A file, what look has to find out about it, and what its user answers.

    `read`, `task`, `roles` and `split` are the truth; `answers` are options of look besides the target.
    """

    content: bytes
    target: str
    task: str
    read: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    split: str = "stratified"
    answers: tuple[str, ...] = ()


def _file(header: str, rows: list[str], encoding: str = "utf-8", end: str = "\n") -> bytes:
    return "".join(f"{line}{end}" for line in [*([header] if header else []), *rows]).encode(encoding)


def _draw() -> tuple[np.random.Generator, np.ndarray, np.ndarray]:
    """A source of numbers, a hidden cause (rows,), and noise (rows,)."""
    rng = np.random.default_rng(7)
    return rng, rng.normal(size=ROWS), rng.normal(size=ROWS)


def wine() -> Table:
    """Grades of red wine: semicolons, names in quotes, a grade from 3 to 8, rows that equal others."""
    _, cause, noise = _draw()
    rows = [
        f"{7 + c:.1f};{0.5 + n / 10:.2f};{10 + c + n / 2:.1f};{int(np.clip(6 + c, 3, 8))}"
        for c, n in zip(cause, noise, strict=True)
    ]
    rows[300:] = rows[:100]
    header = '"fixed acidity";"volatile acidity";"alcohol";"quality"'
    return Table(_file(header, rows), "quality", "regression", {"separator": ";"}, answers=("--duplicates=keep",))


def air_quality() -> Table:
    """Hourly sensors: a decimal comma, date and hour apart, -200 for missing, ;; and empty lines at the end."""
    _, cause, noise = _draw()
    rows = []
    for row, (c, n) in enumerate(zip(cause, noise, strict=True)):
        day, hour = row // 24, row % 24
        value = f"{2.6 + c:.1f}".replace(".", ",")
        sensor = "-200" if row % 9 == 0 else str(int(1360 + 100 * c + 20 * n))
        rows.append(f"{day + 1:02}/03/2004;{hour:02}.00.00;{sensor};{int(1046 + 50 * c)};{value};;")
    rows += [";;;;;;"] * 20
    read = {"separator": ";", "decimal": ",", "missing": ["-200"], "join": {"Date Time": ["Date", "Time"]}}
    read["date_format"] = "%d/%m/%Y %H.%M.%S"
    header = "Date;Time;PT08.S1(CO);PT08.S2(NMHC);CO(GT);;"
    return Table(
        _file(header, rows, end="\r\n"),
        "CO(GT)",
        "regression",
        read,
        {"time": "Date Time"},
        "time",
        ("--missing=-200",),
    )


def bike_sharing() -> Table:
    """Rented bicycles an hour: a running number, ISO dates, the hour apart, two columns that add up to the target."""
    rng, cause, _ = _draw()
    rows = []
    for row, c in enumerate(cause):
        casual, registered = int(rng.integers(0, 40)), int(100 + 20 * c + row % 24)
        day = np.datetime64("2011-01-01") + row // 24
        rows.append(f"{row + 1},{day},1,{row % 24},{0.2 + c / 50:.2f},{casual},{registered},{casual + registered}")
    header = "instant,dteday,season,hr,temp,casual,registered,cnt"
    roles = {"id": "instant", "time": "dteday"}
    return Table(_file(header, rows), "cnt", "regression", {}, roles, "time")


def titanic() -> Table:
    """Passengers: an id, names with commas in quotes, ages and cabins that are missing, 0 and 1 as the class."""
    rng, cause, _ = _draw()
    rows = []
    for row, c in enumerate(cause):
        age = "" if row % 5 == 0 else f"{30 + 10 * c:.0f}"
        name = f'"Braund, Mr. Owen {row}"'
        sex = "male" if rng.random() < 0.6 else "female"
        cabin = f"C{row}" if row % 4 == 0 else ""
        rows.append(
            f"{row + 1},{int(c + (sex == 'female') > 0.5)},{row % 3 + 1},{name},{sex},{age},{cabin},{'SCQ'[row % 3]}"
        )
    header = "PassengerId,Survived,Pclass,Name,Sex,Age,Cabin,Embarked"
    return Table(_file(header, rows), "Survived", "classification", {}, {"id": "PassengerId"})


def students() -> Table:
    """Marks of pupils: semicolons, everything in quotes but numbers, yes and no, marks from 0 to 20."""
    _, cause, noise = _draw()
    rows = [
        f'"{"GM"[row % 2]}{"PS"[row % 2]}";"{"FM"[row % 2]}";{15 + row % 6};"{"yes" if n > 0 else "no"}";{row % 30};'
        f'"{int(np.clip(10 + 3 * c + n, 0, 20))}";{int(np.clip(10 + 3 * c, 0, 20))}'
        for row, (c, n) in enumerate(zip(cause, noise, strict=True))
    ]
    header = "school;sex;age;internet;absences;G1;G3"
    return Table(_file(header, rows), "G3", "regression", {"separator": ";"}, answers=("--duplicates=keep",))


def parkinsons() -> Table:
    """Voices of patients: several recordings of each subject, whose number is a column with a hash in its name."""
    _, cause, noise = _draw()
    rows = [
        f"{row // 10 + 1},{50 + row // 10 % 30},{row % 2},{n / 1000 + 0.006:.6f},{28 + 4 * cause[row // 10] + n:.5f}"
        for row, n in enumerate(noise)
    ]
    header = "subject#,age,sex,Jitter(%),motor_UPDRS"
    return Table(_file(header, rows), "motor_UPDRS", "regression", {}, {"group": "subject#"}, "grouped")


def adult() -> Table:
    """Incomes: no header, a space after each comma, ? for missing, a dot after some classes of the target."""
    _, cause, noise = _draw()
    rows = [
        f"{38 + 9 * c:.0f}, {'?' if row % 11 == 0 else 'Private'}, {77516 + row * 13}, "
        f"{'Bachelors' if n > 0 else 'HS-grad'}, {40 + row % 20}, {'>50K' if c + n / 2 > 0.7 else '<=50K'}"
        for row, (c, n) in enumerate(zip(cause, noise, strict=True))
    ]
    read = {"names": [f"x{number}" for number in range(1, 7)], "missing": ["?"]}
    return Table(_file("", rows), "x6", "classification", read)


def mammography() -> Table:
    """Findings: no header, ? for missing, few distinct rows of which each is a patient."""
    rng, cause, _ = _draw()
    rows = [
        f"{rng.integers(3, 6)},{'?' if row % 40 == 0 else 45 + int(5 * c)},{rng.integers(1, 4)},"
        f"{'?' if row % 30 == 0 else 3},{int(c > 0)}"
        for row, c in enumerate(cause)
    ]
    read = {"names": [f"x{number}" for number in range(1, 6)], "missing": ["?"]}
    return Table(_file("", rows), "x5", "classification", read, answers=("--duplicates=keep",))


def bank() -> Table:
    """A campaign: semicolons, quotes, unknown for missing, yes and no, pdays -1 for never."""
    rng, cause, noise = _draw()
    rows = [
        f'{30 + row % 40};"{["admin.", "technician", "unknown"][row % 3]}";"{"yes" if n > 0 else "no"}";'
        f'{int(100 * abs(c))};{-1 if row % 3 else rng.integers(1, 400)};"{"yes" if c + n / 3 > 0.8 else "no"}"'
        for row, (c, n) in enumerate(zip(cause, noise, strict=True))
    ]
    header = '"age";"job";"housing";"duration";"pdays";"y"'
    read = {"separator": ";", "missing": ["unknown"]}
    return Table(_file(header, rows), "y", "classification", read, answers=("--duplicates=keep",))


def temperatures() -> Table:
    """Daily lowest temperatures: a date and a number, in quotes."""
    _, _, noise = _draw()
    first = np.datetime64("1981-01-01")
    rows = [f'"{first + row}",{11 + 5 * np.cos(row / 58) + n:.1f}' for row, n in enumerate(noise)]
    return Table(_file('"Date","Temp"', rows), "Temp", "regression", {}, {"time": "Date"}, "time")


def fish() -> Table:
    """Poison to fish: semicolons, no header, counts and numbers."""
    _, cause, noise = _draw()
    rows = [
        f"{3 + c:.3f};{abs(n):.3f};{row % 4};{row % 2};{4 + c + n / 4:.3f}"
        for row, (c, n) in enumerate(zip(cause, noise, strict=True))
    ]
    read = {"separator": ";", "names": [f"x{number}" for number in range(1, 6)]}
    return Table(_file("", rows), "x5", "regression", read)


def spanish_export() -> Table:
    """An export of a spreadsheet: a title above, cp1252, semicolons, 1.234,50, days before months, long codes."""
    _, cause, noise = _draw()
    rows = [
        f"{1000 + 37 * row:05};{row % 28 + 1:02}/{row % 12 + 1:02}/2023;{'Málaga' if n > 0 else 'Ávila'};"
        f"{f'{1500 + 400 * c:,.2f}'.translate(str.maketrans(',.', '.,'))};{f'{10 + c + n / 9:.2f}'.replace('.', ',')}"
        for row, (c, n) in enumerate(zip(cause, noise, strict=True))
    ]
    read = {
        "encoding": "cp1252",
        "separator": ";",
        "decimal": ",",
        "thousands": ".",
        "skip": 2,
        "date_format": "%d/%m/%Y",
    }
    content = _file("código;fecha;provincia;importe;nota", rows, "cp1252", "\r\n")
    title = "Informe de ventas\r\n\r\n".encode("cp1252")
    return Table(
        title + content, "nota", "regression", read, {"id": "código", "time": "fecha"}, "time", ("--time=fecha",)
    )


TWELVE = {
    made.__name__: made
    for made in (
        *(wine, air_quality, bike_sharing, titanic, students, parkinsons),
        *(adult, mammography, bank, temperatures, fish, spanish_export),
    )
}
