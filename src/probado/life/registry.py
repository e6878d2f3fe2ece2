"""The project's models in MLflow's registry: versions with their folders, the champion, and each decision.

The registry is the one source of truth. What a decision changes is written into one tag first, then done, then logged,
and the tag removed: whoever comes next finishes what a killed process began.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from probado.contract import STORE
from probado.errors import Refused, without_password
from probado.files import remove
from probado.life.decision import CHALLENGER, CHAMPION, Decision
from probado.life.version import Version, read_version
from probado.store import address, open_client

# Each decision, a line of JSON; and the folders of versions.
LOG, VERSIONS = Path(".life/promotions.jsonl"), Path(".life/versions")
# Tags of the registered model: the decision that is being carried out, and the champions, the latest last.
PENDING, CHAMPIONS = "probado.pending", "probado.champions"
# Tags of a version: the digest of its folder, and what was decided about it.
DIGEST, DECISION = "probado.digest", "probado.decision"
# MLflow's limit for the value of a tag of the registry.
LONGEST = 5000


class Registry:
    """The registered model of a project.

    Raises:
        Refused: MLflow is not installed, or cannot be used.
    """

    def __init__(self, name: str, root: Path) -> None:
        self.name, self.root, self.store = name, root.resolve(), address(root)
        self.local = STORE not in os.environ
        self.client = self._ask(open_client, self.store)
        self._ask(self._open)

    def _open(self) -> None:
        from mlflow import MlflowException

        try:
            self.client.get_registered_model(self.name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            self.client.create_registered_model(self.name)

    def _ask(self, question: Any, *arguments: Any, **known: Any) -> Any:
        """Ask MLflow; raises Refused, in one line, if it cannot answer."""
        try:
            return question(*arguments, **known)
        except Exception as error:  # noqa: BLE001 - a server or a database may fail in many ways
            said = " ".join(without_password(str(error)).split())
            raise Refused(f"MLflow's registry at {without_password(self.store)} cannot be used: {said[:300]}") from None

    def champion(self) -> str | None:
        """The number of the champion, None if there is none."""
        return self.aliases().get(CHAMPION)

    def aliases(self) -> dict[str, str]:
        """The numbers of champion and challenger, as far as there are any."""
        found = self._ask(self.client.get_registered_model, self.name).aliases
        return {str(alias): str(number) for alias, number in found.items()}

    def champions(self) -> list[str]:
        """The champions so far, the present one last."""
        tags = self._ask(self.client.get_registered_model, self.name).tags
        found: list[str] = json.loads(tags.get(CHAMPIONS, "[]"))
        return found

    def digest(self, number: str) -> str:
        """The digest of a version's folder.

        Raises:
            Refused: there is no such version, or it is none of probado's.
        """
        tags = self._ask(self.client.get_model_version, self.name, number).tags
        if DIGEST not in tags:
            raise Refused(f"version {number} of {self.name} was not registered by probado")
        return str(tags[DIGEST])

    def folder(self, number: str) -> tuple[Path, Version]:
        """The folder of a version and what it holds, brought to this machine if it is not here, every file checked.

        Raises:
            Refused: there is no such version, or a file is not the one that was registered.
        """
        digest = self.digest(number)
        place = self.root / VERSIONS / digest[:12]
        if not place.is_dir() and not self.local:
            from mlflow.artifacts import download_artifacts

            run = self._ask(self.client.get_model_version, self.name, number).run_id
            with tempfile.TemporaryDirectory(dir=self._versions()) as aside:
                known = {"run_id": run, "artifact_path": _artifact(digest), "tracking_uri": self.store}
                Path(self._ask(download_artifacts, dst_path=aside, **known)).rename(place)
        return place, read_version(place, digest)

    def _versions(self) -> Path:
        folder = self.root / VERSIONS
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def known(self, digest: str) -> str | None:
        """The number of the version with this digest."""
        found = self._ask(self.client.search_model_versions, f"name = '{self.name}' and tags.`{DIGEST}` = '{digest}'")
        return str(found[0].version) if found else None

    def register(self, version: Version, folder: Path, model: str) -> str:
        """Register a version; returns its number.

        The project's own database keeps its folder beside it, so that both move together. Any other store gets a copy.

        Args:
            version: what the folder holds.
            folder: is moved.
            model: the hash that DVC has for models/, by which the run of its training is found.
        """
        place, run = self._versions() / version.digest[:12], self._run(model)
        remove(place)
        folder.rename(place)
        source = place.relative_to(self.root).as_posix()
        if not self.local:
            self._ask(self.client.log_artifacts, run, str(place), _artifact(version.digest))
            source = f"runs:/{run}/{_artifact(version.digest)}"
        made = self._ask(self.client.create_model_version, self.name, source, run, tags={DIGEST: version.digest})
        return str(made.version)

    def _run(self, model: str) -> str:
        """The run that trained a model, or one made for it where it was trained elsewhere."""
        experiments = [one.experiment_id for one in self._ask(self.client.search_experiments)]
        runs = self._ask(self.client.search_runs, experiments, f"tags.`mlops.train.models` = '{model}'", max_results=1)
        if runs:
            return str(runs[0].info.run_id)
        found = self._ask(self.client.get_experiment_by_name, self.name)
        experiment = found.experiment_id if found else self._ask(self.client.create_experiment, self.name)
        tags = {"mlops.train.models": model, "mlflow.runName": "registered"}
        run = self._ask(self.client.create_run, experiment, tags=tags).info.run_id
        self._ask(self.client.set_terminated, run)
        return str(run)

    def carry_out(self, decision: Decision) -> None:
        """Do what was decided, as a whole even if this process is killed."""
        self._ask(self.client.set_registered_model_tag, self.name, PENDING, _short(decision))
        self._carry_out(decision)

    def finish(self) -> None:
        """Do what a killed process had decided, and say so."""
        pending = self._ask(self.client.get_registered_model, self.name).tags.get(PENDING)
        if pending:
            decision = Decision.model_validate_json(pending)
            self._carry_out(decision)
            print(f"a stopped {decision.action} is finished: version {decision.version} is the {decision.outcome}")

    def _carry_out(self, decision: Decision) -> None:
        text, number, client = _short(decision), decision.version, self.client
        self._ask(client.set_model_version_tag, self.name, number, f"{DECISION}.{decision.id}", text)
        self._log(decision)
        if decision.outcome == CHAMPION:
            self._ask(client.set_registered_model_tag, self.name, CHAMPIONS, json.dumps(decision.champions))
            if self.aliases().get(CHALLENGER) == number:
                self._ask(client.delete_registered_model_alias, self.name, CHALLENGER)
        self._ask(client.set_registered_model_alias, self.name, decision.outcome, number)
        self._ask(client.delete_registered_model_tag, self.name, PENDING)

    def _log(self, decision: Decision) -> None:
        """Append a decision to the log, once."""
        path = self.root / LOG
        path.parent.mkdir(parents=True, exist_ok=True)
        # A line that a killed process had begun stays a line of its own.
        known = path.read_text(encoding="utf-8") if path.is_file() else ""
        if f'"id":"{decision.id}"' in known and known.endswith("\n"):
            return
        with path.open("a", encoding="utf-8") as file:
            file.write(("\n" if known and not known.endswith("\n") else "") + decision.model_dump_json() + "\n")
            file.flush()
            os.fsync(file.fileno())


def _artifact(digest: str) -> str:
    """Where a run keeps the folder of a version."""
    return f"version/{digest[:12]}"


def _short(decision: Decision) -> str:
    """A decision as a tag can hold it: without the last findings if they are too many."""
    text = decision.model_dump_json()
    while len(text) > LONGEST and decision.findings:
        decision = decision.model_copy(update={"findings": decision.findings[:-1]})
        text = decision.model_dump_json()
    return text
