"""Networks for scikit-learn: `NetworkClassifier`, a look-alike of its `MLPClassifier`.

    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from stages.neuralnet.sklearn import NetworkClassifier

    X, X_test, y, y_test = train_test_split(*load_digits(return_X_y=True), random_state=0)
    model = NetworkClassifier(early_stopping=True, random_state=0).fit(X, y)
    print(model.score(X_test, y_test), model.validation_loss_curve_[-1])

It needs scikit-learn, of the extra `sklearn`. README.md says what is the same and what is not.
"""

from __future__ import annotations

try:
    import sklearn  # noqa: F401
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        "stages.neuralnet.sklearn needs scikit-learn, which is not installed; "
        "install it with: pip install 'cifar-pipeline[sklearn]'",
        name="sklearn",
    ) from None

from .classifier import NetworkClassifier

__all__ = ["NetworkClassifier"]
