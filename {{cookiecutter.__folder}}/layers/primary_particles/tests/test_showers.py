"""From raw tables to features: refused and kept showers, and features that do not use the truth."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hydra import compose, initialize_config_dir

from {{ cookiecutter.module_name }} import features, lateral
from {{ cookiecutter.module_name }}.common.config import Config, load
from {{ cookiecutter.module_name }}.common.files import read_parquet
from {{ cookiecutter.module_name }}.common.paths import CONFIGS
from {{ cookiecutter.module_name }}.dataset.showers import prepare_showers
from {{ cookiecutter.module_name }}.simulation import array, generate


@functools.cache
def configured(*overrides: str) -> Config:
    with initialize_config_dir(CONFIGS, version_base="1.3"):
        choices = ["data=showers", "features=event", "split=grouped", "model=fisher", "experiment=none"]
        return load(compose("config", [*choices, "data.showers=240", "data.row_group=100", *overrides]))


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The raw tables of 240 showers. Only copy them."""
    folder = tmp_path_factory.mktemp("simulated") / "raw"
    data: Any = configured().data
    generate.write(folder, data, seed=1, workers=1)
    return folder


@pytest.fixture
def raw(simulated: Path, tmp_path: Path) -> Path:
    """A copy of the raw tables for one test."""
    return Path(shutil.copytree(simulated, tmp_path / "raw"))


def prepared(raw: Path, *overrides: str) -> dict[str, int]:
    data: Any = configured(*overrides).data
    return prepare_showers(raw, raw.parent / "interim", data)


def change(path: Path, column: str, row: int, value: Any) -> None:
    """Set one value of a table."""
    groups = row_groups_of(path)
    values = groups[0][column].to_pylist()
    values[row] = value
    place, kind = groups[0].column_names.index(column), groups[0].schema.field(column).type
    # A measured trace may hold values that a simulated one cannot.
    kind = pa.list_(pa.float32(), kind.list_size) if pa.types.is_fixed_size_list(kind) else kind
    groups = [group.set_column(place, column, group[column].cast(kind)) for group in groups]
    groups[0] = groups[0].set_column(place, column, pa.array(values, type=kind))
    write(path, groups)


def row_groups_of(path: Path) -> list[pa.Table]:
    file = pq.ParquetFile(path)
    return [file.read_row_group(number) for number in range(file.num_row_groups)]


def write(path: Path, groups: list[pa.Table]) -> None:
    with pq.ParquetWriter(path, groups[0].schema) as writer:
        for group in groups:
            writer.write_table(group)


def built(folder: Path, *overrides: str) -> pd.DataFrame:
    return pd.concat([table for table, _ in features.rows(folder, configured(*overrides))], ignore_index=True)


def test_showers_with_too_few_stations_are_left_out_and_counted(raw: Path) -> None:
    events = read_parquet(raw / "events.parquet")
    counts = prepared(raw, "data.fewest_stations=6")
    few = int((events["multiplicity"] < 6).sum())
    beyond = counts.pop("not contained in the array")
    assert counts == {"read": len(events), "with fewer than 6 stations": few, "kept": len(events) - few - beyond}
    kept = read_parquet(raw.parent / "interim" / "events.parquet")
    assert (kept["multiplicity"] >= 6).all()
    stations = read_parquet(raw.parent / "interim" / "stations.parquet")
    assert set(stations["shower"]) == set(kept["shower"])


def test_showers_at_the_border_are_left_out_and_counted(tmp_path: Path) -> None:
    raw, small = tmp_path / "raw", "data.array.rings=3"
    data: Any = configured(small).data
    generate.write(raw, data, seed=1, workers=1)
    stations, border = read_parquet(raw / "stations.parquet"), array.border(data.array)
    beyond = stations.groupby("shower")["station"].agg(lambda numbers: numbers.isin(border).any())
    enough = read_parquet(raw / "events.parquet").set_index("shower")["multiplicity"] >= 3
    counts = prepared(raw, small)
    assert counts["not contained in the array"] == (beyond & enough).sum() > 0
    kept = read_parquet(raw.parent / "interim" / "events.parquet")
    assert set(kept["shower"]) == set(beyond.index[~beyond & enough])


@pytest.mark.parametrize(
    ("table", "column", "value", "said"),
    [
        ("events", "energy", float("nan"), "events: 'energy' of shower 3 is missing or outside its limits, found nan"),
        ("events", "zenith", 120.0, "events: 'zenith' of shower 3 is missing or outside its limits, found 120.0"),
        ("events", "primary", None, "events: 'primary' of shower 3 is missing"),
        ("events", "primary", "muon", "unknown primary 'muon'; configured are proton, helium, oxygen, iron"),
        ("traces", "trace", [float("nan")] * 240, "traces: 'trace' of shower 0 is missing or outside its limits"),
    ],
)
def test_what_no_detector_measures_is_refused(raw: Path, table: str, column: str, value: Any, said: str) -> None:
    change(raw / f"{table}.parquet", column, 3, value)
    with pytest.raises(ValueError, match=said):
        prepared(raw)


def test_a_truncated_file_is_refused(raw: Path) -> None:
    path = raw / "stations.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"data/raw: a table cannot be read .*: run acquire again"):
        prepared(raw)


@pytest.mark.parametrize(
    ("table", "rows", "said"),
    [
        ("events", slice(1, None), "the events and their stations are not of the same showers"),
        ("events", slice(None, None, -1), "the events and their stations are not of the same showers"),
        ("stations", slice(1, None), "the events and their stations are not of the same showers"),
        ("stations", slice(None, None, -1), "the events and their stations are not of the same showers"),
        ("traces", slice(1, None), "the traces are not of the same stations"),
        ("traces", slice(None, None, -1), "the traces are not of the same stations"),
    ],
)
def test_tables_that_lost_a_row_or_their_order_are_refused(raw: Path, table: str, rows: slice, said: str) -> None:
    path = raw / f"{table}.parquet"
    first, *others = row_groups_of(path)
    write(path, [first.take(list(range(len(first))[rows])), *others])
    with pytest.raises(ValueError, match=f"data/raw: {said}: run acquire again"):
        prepared(raw)


def test_a_primary_without_showers_is_refused(raw: Path) -> None:
    with pytest.raises(ValueError, match=r"no shower of 'carbon' is left, though data\.primaries names it"):
        prepared(raw, "+data.primaries.carbon=12")


def test_no_shower_with_enough_stations_is_refused(raw: Path) -> None:
    with pytest.raises(ValueError, match="none of 240 showers has 500 stations and none at the border"):
        prepared(raw, "data.fewest_stations=500")


@pytest.mark.parametrize("level", ["event", "station", "traces"])
def test_features_do_not_hang_on_the_truth(raw: Path, level: str) -> None:
    prepared(raw)
    before = built(raw.parent / "interim", f"features={level}")
    (raw / "truth.parquet").unlink()
    (raw.parent / "interim").rename(raw.parent / "before")
    prepared(raw)
    pd.testing.assert_frame_equal(built(raw.parent / "interim", f"features={level}"), before)


@pytest.mark.parametrize(("level", "table"), [("event", "events"), ("station", "stations")])
def test_every_row_has_finite_features_and_its_primary(raw: Path, level: str, table: str) -> None:
    prepared(raw)
    found = built(raw.parent / "interim", f"features={level}")
    assert len(found) == len(read_parquet(raw.parent / "interim" / f"{table}.parquet"))
    assert np.isfinite(found.drop(columns=["shower", "primary"])).all(axis=None)
    assert set(found["primary"]) == {"proton", "helium", "oxygen", "iron"}
    assert found.columns[-1] == "primary"


def test_the_stations_of_a_shower_stay_in_one_part(raw: Path) -> None:
    prepared(raw)
    interim = raw.parent / "interim"
    parts = pd.concat([part for _, part in features.rows(interim, configured("features=station"))], ignore_index=True)
    shower = read_parquet(interim / "stations.parquet")["shower"]
    assert (parts.groupby(shower).nunique() == 1).all()
    assert set(parts) == {"train", "validation", "test"}


def test_the_lateral_distribution_is_found() -> None:
    distance = np.array([700.0, 1200.0, 1500.0, 900.0, 1900.0, 1400.0])
    slopes, at_1000 = np.repeat([-2.4, -1.9], 3), np.repeat([40.0, 7.0], 3)
    signal = at_1000 * (distance / 1000) ** slopes * ((distance + 700) / 1700) ** slopes
    # What a saturated station counts is too little.
    saturated = np.array([False, False, False, True, False, False])
    signal[3] = 1.0
    arguments = signal, distance, saturated, np.array([0, 3])
    lg, slope = lateral.fit(*arguments, slope=-2.2, spread=100.0)
    np.testing.assert_allclose(10**lg, [40, 7], rtol=1e-3)
    np.testing.assert_allclose(slope, [-2.4, -1.9], rtol=1e-3)
    # With a narrow prior the slope is the expected one.
    np.testing.assert_allclose(lateral.fit(*arguments, slope=-2.2, spread=1e-6)[1], -2.2)


def test_traces_are_those_of_the_strongest_stations(raw: Path) -> None:
    prepared(raw)
    interim = raw.parent / "interim"
    found = built(interim, "features=traces")
    stations, traces = (read_parquet(interim / f"{name}.parquet") for name in ("stations", "traces"))
    shower = int(stations["shower"].value_counts().idxmin())
    of, row = stations["shower"] == shower, found[found["shower"] == shower].iloc[0]
    order = stations[of]["signal"].to_numpy().argsort()[::-1]
    assert len(order) < 6
    np.testing.assert_allclose(
        [row[f"station {place} lg_signal"] for place in range(len(order))],
        np.log10(stations[of]["signal"].to_numpy()[order]),
        rtol=1e-6,
    )
    # Two bins of 25 ns make one, in VEM.
    counts = np.stack(traces[of]["trace"].to_numpy())[order[0], :160].reshape(80, 2).sum(axis=1)
    expected = np.log1p(np.maximum(counts * 0.01, 0) / 0.1)
    np.testing.assert_allclose([row[f"station 0 bin {number}"] for number in range(80)], expected, rtol=1e-4)
    # A station that is not there.
    assert row[[name for name in found.columns if name.startswith(f"station {len(order)} ")]].isna().all()


def test_traces_may_be_kept_of_some_showers_only(tmp_path: Path) -> None:
    data: Any = configured("data.traces=50").data
    generate.write(tmp_path / "raw", data, seed=1, workers=1)
    prepared(tmp_path / "raw", "data.traces=50")
    assert set(built(tmp_path / "interim", "features=traces")["shower"]) == set(range(50))
    assert len(built(tmp_path / "interim", "features=event")) > 200


def test_more_bins_than_were_recorded_are_refused(raw: Path) -> None:
    prepared(raw)
    with pytest.raises(ValueError, match="features: 200 times 2 bins are more than the 240 recorded ones"):
        built(raw.parent / "interim", "features=traces", "features.bins=200")


def test_physics_of_an_image() -> None:
    image = {name: [1.0] for name in ("fConc", "fConc1", "fM3Trans")}
    image |= {"fLength": [20.0], "fWidth": [10.0], "fSize": [2.0], "fAsym": [-3.0], "fM3Long": [-4.0]}
    table = pd.DataFrame({**image, "fAlpha": [30.0], "fDist": [100.0], "class": ["g"]})
    found = features.hillas_features(table).iloc[0]
    assert found["miss"] == pytest.approx(50)
    assert found["roundness"] == pytest.approx(0.5)
    assert (found["asymmetry"], found["third_moment"]) == (3, 4)
    assert found["length_by_size"] == pytest.approx(np.log(20) - 2)
    assert "class" not in found
