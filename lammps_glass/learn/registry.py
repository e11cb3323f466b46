"""Names of the indicators."""

from __future__ import annotations

from lammps_glass.registry import Entry, Registry

REGISTRY = Registry(
    "indicator",
    [
        Entry(
            "looseness",
            "lammps_glass.learn.easy_ensemble:EasyEnsemble",
            "probability that a particle rearranges: mean of logistic regressions, each on a balanced sample",
            "probability",
        ),
        Entry(
            "integrated-defect",
            "lammps_glass.learn.integrated_defect:IntegratedDefect",
            "integrated glassy defect: signed distance to the hyperplane of a Gaussian support vector machine",
            "signed distance",
        ),
        Entry(
            "activity",
            "lammps_glass.learn.activity:Activity",
            "probability that a particle is active: one logistic regression with Tikhonov's penalty, for balanced rows",
            "probability",
        ),
        Entry(
            "barcode",
            "lammps_glass.learn.barcode:Barcode",
            "energy from fractions of 40 environments (XGBoost); of a particle: SHAP value of its environment / count",
            "energy",
        ),
        Entry(
            "ridge",
            "lammps_glass.learn.energy_ridge:EnergyRidge",
            "energy by ridge regression on mean SOAP vectors, and its share by particle",
            "energy",
        ),
        Entry(
            "ridge-regression",
            "lammps_glass.learn.ridge_regression:RidgeRegression",
            "a number a particle, linear in standardised columns; penalty chosen by leaving replicas out",
            "that of the label",
        ),
        Entry(
            "ard-regression",
            "lammps_glass.learn.regressors:ARDRegression",
            "a number a particle, linear, irrelevant columns without weight (automatic relevance determination)",
            "that of the label",
        ),
        Entry(
            "boosted-trees",
            "lammps_glass.learn.regressors:BoostedTrees",
            "a number a particle by gradient-boosted trees (XGBoost)",
            "that of the label",
        ),
        Entry(
            "small-network",
            "lammps_glass.learn.regressors:SmallNetwork",
            "a number a particle by a small multilayer perceptron",
            "that of the label",
        ),
    ],
)
