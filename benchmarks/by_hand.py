"""Train and score XGBoost on a table as a notebook does it: python by_hand.py CSV."""

from __future__ import annotations

import sys

import pandas as pd
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier


def main(path: str) -> None:
    """Print accuracy and AUC of the test rows, with the settings of a new project."""
    table = pd.read_csv(path)
    target = (table.pop("class") == "yes").astype(int)
    rest, test, actual, held_out = train_test_split(table, target, test_size=0.2, random_state=42, stratify=target)
    train, validation, trained, validated = train_test_split(
        rest, actual, test_size=0.15 / 0.8, random_state=42, stratify=actual
    )
    settings = {"learning_rate": 0.1, "max_depth": 6, "subsample": 0.9, "colsample_bytree": 0.9}
    model = XGBClassifier(n_estimators=500, early_stopping_rounds=30, n_jobs=2, **settings)
    model.fit(train, trained, eval_set=[(validation, validated)], verbose=False)
    given = model.predict_proba(test)
    print(accuracy_score(held_out, given.argmax(axis=1)), roc_auc_score(held_out, given[:, 1]))


if __name__ == "__main__":
    main(sys.argv[1])
