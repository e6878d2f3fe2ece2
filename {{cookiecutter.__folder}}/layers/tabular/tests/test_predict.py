"""The contract: new rows as they come from the source, predicted as the pipeline's own rows are."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir

from {{ cookiecutter.module_name }} import features as features_module
from {{ cookiecutter.module_name }}.common.config import Config, load
from {{ cookiecutter.module_name }}.common.paths import CONFIGS
from {{ cookiecutter.module_name }}.common.table import Data
from {{ cookiecutter.module_name }}.features import build_features, needed
from {{ cookiecutter.module_name }}.modeling import predict
from {{ cookiecutter.module_name }}.modeling.shared.fitting import fit
from {{ cookiecutter.module_name }}.modeling.shared.store import save
from {{ cookiecutter.module_name }}.tables.columns import listed_values, type_columns
from {{ cookiecutter.module_name }}.tables.inputs import Input, contract, spelling
from {{ cookiecutter.module_name }}.tables.reading import read_text

ROWS = range(240)
SOURCE = "code;day;size;kind;note;label\n" + "".join(
    f"0{row};{row % 28 + 1:02}/03/2024;{row % 9},{row % 7};{color};x{row};{answer}\n"
    for row in ROWS
    for color, answer in [("red", "yes") if row % 2 else ("añil", "no")]
)


@pytest.fixture(scope="module", autouse=True)
def own() -> Iterator[None]:
    """Features of one's own in the place of the project's, whose columns these rows do not have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features_module, "own_features", lambda rows: {"letters": rows["note"].str.len()})
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was trained on SOURCE, in the folder in which the pipeline would keep it."""
    path = tmp_path_factory.mktemp("trained")
    (path / "data.csv").write_text(SOURCE, encoding="utf-8")
    config = configured()
    data = config.data
    table = type_columns(read_text(path / "data.csv", data.read, listed_values(data)), data)
    features = build_features(table, data, config.features).join(table[["label"]])
    used = needed(table, data, config.features)
    (path / "inputs.json").write_text(json.dumps(contract(table, used, data, config.features)))
    save(fit(features.iloc[:160], features.iloc[160:], config), path / "models", path / "inputs.json")
    return path


def configured() -> Config:
    """The project's configuration for SOURCE."""
    read = "{separator: ';', decimal: ',', date_format: '%d/%m/%Y', missing: [], names: null}"
    changes = ["data.target=label", "data.id=code"]
    with initialize_config_dir(CONFIGS, version_base="1.3"):
        choices = ["data=breast_cancer", "features=default", "split=random", "model=logistic", "features.drop=[note]"]
        composed = compose("config", ["experiment=none", *choices, *changes, f"+data.read={read}"])
        composed.data.columns = {"size": {"type": "number", "maximum": 90}}
        return load(composed)


@pytest.fixture
def predictor(folder: Path) -> predict.Predictor:
    """The trained model."""
    return predict.load(folder / "models")


def raw(rows: int = 5) -> pd.DataFrame:
    """Rows of the source, as text, without the target."""
    lines = [line.split(";") for line in SOURCE.splitlines()[: rows + 1]]
    return pd.DataFrame(lines[1:], columns=lines[0]).drop(columns="label")


def test_the_inputs_say_what_a_row_needs(predictor: predict.Predictor) -> None:
    inputs = {one.name: one for one in predictor.inputs}

    # The note is dropped, and a feature is made from it.
    assert list(inputs) == ["code", "day", "size", "kind", "note"]
    assert [one.required for one in predictor.inputs] == [False, True, True, True, True]
    assert (inputs["size"].type, inputs["size"].range) == ("number", [0, 8.6])
    assert inputs["kind"].values == ["añil", "red"]


def test_rows_are_predicted_as_they_are_in_the_pipeline(predictor: predict.Predictor, folder: Path) -> None:
    config = configured()
    table = type_columns(read_text(folder / "data.csv", config.data.read, {}), config.data)
    expected = predictor.fitted.predict(build_features(table, config.data, config.features))

    found = predictor.predict(raw(240))

    np.testing.assert_array_equal(found[["p(no)", "p(yes)"]].to_numpy(), expected)
    assert found["code"].tolist()[:2] == ["00", "01"] and (found["predicted"] == table["label"]).mean() > 0.9


def test_more_columns_another_order_and_typed_values(predictor: predict.Predictor) -> None:
    rows = raw()
    typed = rows.assign(size=rows["size"].str.replace(",", ".").astype(float), more=1)[["more", *rows.columns[::-1]]]
    typed["day"] = pd.to_datetime(typed["day"], format="%d/%m/%Y")

    pd.testing.assert_frame_equal(predictor.predict(typed), predictor.predict(rows))


def test_rows_in_memory_are_read_as_those_of_a_file(predictor: predict.Predictor) -> None:
    rows = raw()
    decomposed = rows["kind"].map(lambda text: f" {unicodedata.normalize('NFD', text)} ")

    found = predictor.predict(rows.assign(kind=decomposed).rename(columns={"kind": "kind ", "size": " size"}))

    pd.testing.assert_frame_equal(found, predictor.predict(rows))


@pytest.mark.parametrize(
    ("trained", "title"),
    [
        ({"encoding": "cp1252"}, ""),
        ({"skip": 2}, ""),
        ({"skip": 2}, "Report\n\n"),
        ({"names": ["c", "d", "s", "k", "n"]}, ""),
        ({"names": ["code", "day", "size", "kind", "note"]}, ""),
    ],
)
def test_a_file_that_is_not_written_as_the_training_rows_were(
    predictor: predict.Predictor, tmp_path: Path, trained: dict[str, object], title: str
) -> None:
    lines = "\n".join(line.rpartition(";")[0] for line in SOURCE.splitlines()[:6])
    (tmp_path / "new.csv").write_text(f"{title}{lines}\n", encoding="utf-8")
    data = predictor.contract.data
    data = data.model_copy(update={"read": data.read.model_copy(update=trained)})

    found = predictor.contract.model_copy(update={"data": data}).read(tmp_path / "new.csv")

    assert found.table.equals(predictor.contract.as_read(raw()))


@pytest.mark.parametrize("accent", ["first", "late", "last"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_encoding_of_new_rows_is_seen_wherever_an_accent_is(
    predictor: predict.Predictor, tmp_path: Path, accent: str, encoding: str
) -> None:
    rows = ["01;01/03/2024;1,5;red;x"] * 4000
    rows[{"first": 0, "late": -2, "last": -1}[accent]] = "01;01/03/2024;1,5;red;é"
    (tmp_path / "new.csv").write_bytes("\n".join(["code;day;size;kind;note", *rows]).encode(encoding))
    data = predictor.contract.data
    data = data.model_copy(update={"read": data.read.model_copy(update={"encoding": "cp1252"})})

    found = predictor.contract.model_copy(update={"data": data}).read(tmp_path / "new.csv")

    assert "é" in found.table["note"].to_pylist()


def test_names_that_a_person_gave_stay(predictor: predict.Predictor, tmp_path: Path) -> None:
    names = ["code", "day", "size", "kind", "note"]
    (tmp_path / "new.csv").write_text("code;day;size;note;kind\n01;01/03/2024;1,5;red;x\n", encoding="utf-8")
    data = predictor.contract.data
    data = data.model_copy(update={"read": data.read.model_copy(update={"skip": 1, "names": names})})

    found = predictor.contract.model_copy(update={"data": data}).read(tmp_path / "new.csv")

    assert found.table["kind"].to_pylist() == ["red"]


def test_a_missing_column_and_a_bad_row_are_named(predictor: predict.Predictor) -> None:
    with pytest.raises(ValueError, match="the rows lack 'kind'; they have 'code', 'day', 'size', 'note'"):
        predictor.predict(raw().drop(columns="kind"))
    rows = raw()
    rows.loc[1, "size"], rows.loc[3, "day"], rows.loc[4, "size"] = "many", "2024-03-01", "91"
    said = "row 2: size: it is no number; row 4: day: it is no date; row 5: size: it is above 90"
    with pytest.raises(ValueError, match=said):
        predictor.predict(rows)


def test_a_missing_value_and_a_new_category_are_predicted(predictor: predict.Predictor) -> None:
    rows = raw()
    rows.loc[0, "size"], rows.loc[1, "kind"] = "", "green"

    with pytest.warns(UserWarning, match="kind: 1 values were not among those of training, such as 'green'"):
        assert predictor.predict(rows)["predicted"].notna().all()


def test_truth_values_are_those_of_training_however_a_program_writes_them() -> None:
    known = {"name": "on", "type": "category", "unit": None, "required": True, "range": [], "example": "True"}
    one = Input.model_validate({**known, "values": ["False", "True"]})
    assert spelling(one) == {"false": "False", "true": "True"}
    assert spelling(one.model_copy(update={"values": ["True", "maybe"]})) == {}


def test_a_model_of_another_hash_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no model in"):
        predict.load(tmp_path)
    copy = tmp_path / "models"
    copy.mkdir()
    for file in (folder / "models").iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    (copy / "inputs.json").write_text("{}")
    with pytest.raises(ValueError, match=r"models/inputs\.json is not the file that was trained"):
        predict.load(copy)


Main = Callable[..., int]


@pytest.fixture
def main(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Main:
    """Run the command line on a file of these lines."""
    trained = predict.load(folder / "models")
    monkeypatch.setattr(predict, "load", lambda: trained)

    def run(text: str, *arguments: str) -> int:
        (tmp_path / "new.csv").write_text(text, encoding="utf-8")
        return predict.main([str(tmp_path / "new.csv"), *arguments])

    return run


def test_a_file_with_bad_rows(main: Main, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = SOURCE.splitlines()
    text = "\n".join([*lines[:3], "9;01/03/2024;many;green;x;", lines[3].replace("añil", "green")])

    assert main(text, "--stop") == 1
    assert "predict: data row 3: size: it is no number; nothing is written" in capsys.readouterr().err
    assert not (tmp_path / "new.predictions.csv").exists()
    assert main(text) == 0
    assert "kind: 1 values were not among those of training, such as 'green'" in capsys.readouterr().out
    assert pd.read_csv(tmp_path / "new.predictions.csv")["row"].tolist() == [1, 2, 4]
    assert (tmp_path / "new.predictions.bad_rows.csv").read_text() == "row,reason\n3,size: it is no number\n"


def test_what_predictions_rest_on_is_written_beside_them(main: Main, tmp_path: Path) -> None:
    assert main("code;day;size;kind;note\n1;01/03/2024;2,5;red;x\n2;01/03/2024;many;red;y\n", "--explain") == 0

    told = pd.read_csv(tmp_path / "new.predictions.explanations.csv")
    predicted = pd.read_csv(tmp_path / "new.predictions.csv")
    assert set(told["row"]) == {1}
    values = told.set_index("feature")["value"]
    assert (values["size"], values["kind"], float(values["letters"])) == ("2.5", "red", 1)
    share = 1 / (1 + np.exp(-told["base"][0] - told["contribution"].sum()))
    assert told["of"][0] == f"log-odds of {predicted['predicted'][0]}"
    assert share == pytest.approx(predicted[f"p({predicted['predicted'][0]})"][0])


def test_a_file_that_cannot_be_read(main: Main, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert predict.main([str(tmp_path / "none.csv")]) == 2
    assert main("code,day,size,kind\n1,2,3,4\n") == 2
    said = capsys.readouterr().err.splitlines()
    assert "there is no file" in said[0] and "set read.separator" in said[1]


def test_the_settings_of_a_contract_are_read_back(settings: Callable[..., Data], table: pd.DataFrame) -> None:
    from {{ cookiecutter.module_name }}.common.rows import Features
    from {{ cookiecutter.module_name }}.tables.inputs import read_contract

    written = contract(table, ["level", "color"], settings(), Features(drop=["width"], date_parts=[]))

    again = read_contract(json.loads(json.dumps(written)))
    assert [one.name for one in again.inputs] == ["level", "color"]
    assert again.data.columns["level"].type == "number"
