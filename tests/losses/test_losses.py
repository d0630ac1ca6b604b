"""What a loss says about itself agrees with its own examples, by routes that share no code."""

import numpy as np
import pytest

from sgdsde_helpers.losses import (
    DoubleWell,
    FunctionLoss,
    LeastSquares,
    LogisticRegression,
    Loss,
    MeanEstimation,
    ScalarQuadratic,
    SoftmaxRegression,
    TiltedQuadratic,
)

RNG = np.random.default_rng(5)
X = RNG.standard_normal((12, 3)) * [1.0, 2.0, 0.5] + [0.0, 0.3, 0.0]
Y = X @ [1.0, -0.5, 0.2] + RNG.standard_normal(12)
LABELS = np.array([0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0])
CLASSES = np.array([0, 1, 2, 0, 1, 2, 2, 1, 0, 0, 1, 2])

H = np.array([[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.5]])


def by_functions():
    """LeastSquares again, from plain functions."""
    return FunctionLoss(
        loss=lambda phi: ((phi @ X.T - Y) ** 2).mean(axis=-1) / 2,
        per_example_gradients=lambda phi: (phi @ X.T - Y)[..., None] * X,
        n=12,
        shape=(3,),
    )


# Each loss beside the losses of its examples, written again, one example at a time, for one parameter.
LOSSES = {
    "mean": (MeanEstimation(Y), lambda p, k: (p - Y[k]) ** 2 / 2),
    "mean, vector": (MeanEstimation(X), lambda p, k: ((p - X[k]) ** 2).sum() / 2),
    "parabolas": (ScalarQuadratic(LABELS + 0.3, Y), lambda p, k: (LABELS[k] + 0.3) * (p - Y[k]) ** 2 / 2),
    "tilted": (TiltedQuadratic(H, X), lambda p, k: p @ H @ p / 2 - X[k] @ p),
    "least squares": (LeastSquares(X, Y), lambda p, k: (X[k] @ p - Y[k]) ** 2 / 2),
    "logistic": (
        LogisticRegression(X, LABELS, ridge=0.1),
        lambda p, k: np.log(1 + np.exp((1 - 2 * LABELS[k]) * (X[k] @ p))) + 0.05 * (p @ p),
    ),
    "softmax": (
        SoftmaxRegression(X, CLASSES, ridge=0.2),
        lambda p, k: (
            np.log(
                sum(np.exp(X[k] @ (p[3 * j : 3 * j + 3] - p[3 * CLASSES[k] : 3 * CLASSES[k] + 3])) for j in range(3))
            )
            + 0.1 * (p @ p)
        ),
    ),
    "double well": (
        DoubleWell(0.3, tilt=0.2),
        lambda p, k: (p * p - 1) ** 2 / 4 + (1, -1)[k] * (0.3 * p + 0.1 * p * p),
    ),
    "functions": (by_functions(), lambda p, k: (X[k] @ p - Y[k]) ** 2 / 2),
}
every_loss = pytest.mark.parametrize(("loss", "example"), LOSSES.values(), ids=LOSSES.keys())


def places(loss, m=4):
    return np.random.default_rng(6).standard_normal((m, *loss.shape))


def complex_step(function, phi):
    """Gradient of a function of one parameter, to rounding: Im f(phi + ih)/h has no difference to cancel."""
    h = 1e-30
    if np.ndim(phi) == 0:
        return np.imag(function(phi + 1j * h)) / h
    return np.array([np.imag(function(phi + 1j * h * e)) / h for e in np.eye(len(phi))])


@every_loss
def test_loss_is_the_mean_over_its_examples(loss, example):
    phi = places(loss)
    by_hand = [np.mean([example(p, k) for k in range(loss.n)]) for p in phi]
    assert np.allclose(loss.loss(phi), by_hand, rtol=1e-13)


@every_loss
def test_per_example_gradients_are_those_of_the_examples(loss, example):
    phi = places(loss)
    gradients = loss.per_example_gradients(phi)
    assert gradients.shape == (4, loss.n, *loss.shape)
    for p, row in zip(phi, gradients, strict=True):
        by_hand = [complex_step(lambda q, k=k: example(q, k), p) for k in range(loss.n)]
        assert np.allclose(row, by_hand, rtol=1e-12, atol=1e-14)


@every_loss
def test_gradient_is_that_of_the_loss(loss, example):
    phi = places(loss)
    by_step = [complex_step(lambda q: np.mean([example(q, k) for k in range(loss.n)]), p) for p in phi]
    assert np.allclose(loss.gradient(phi), by_step, rtol=1e-12, atol=1e-14)
    assert np.allclose(loss.gradient(phi), loss.per_example_gradients(phi).mean(axis=1), rtol=1e-12, atol=1e-14)


@every_loss
def test_minibatch_gradient_is_the_mean_over_the_batch(loss, example):
    phi = places(loss)
    index = np.random.default_rng(7).integers(0, loss.n, (5, 4)).astype(np.int32)
    by_hand = [loss.per_example_gradients(phi)[j, index[:, j]].mean(axis=0) for j in range(4)]
    assert loss.minibatch_gradient(phi, index).shape == phi.shape
    assert np.allclose(loss.minibatch_gradient(phi, index), by_hand, rtol=1e-12, atol=1e-14)


@every_loss
def test_full_batch_is_the_gradient(loss, example):
    phi = places(loss)
    everyone = np.tile(np.arange(loss.n)[:, None], (1, 4))
    assert np.allclose(loss.minibatch_gradient(phi, everyone), loss.gradient(phi), rtol=1e-12, atol=1e-14)


@every_loss
def test_hessian_is_the_derivative_of_the_gradient(loss, example):
    phi = places(loss)
    h = loss.hessian(phi)
    assert h.shape == (4, *loss.shape, *loss.shape)
    for p, matrix in zip(phi, h, strict=True):
        by_step = np.array([complex_step(lambda q, i=i: np.atleast_1d(loss.gradient(q))[i], p) for i in range(p.size)])
        exact = type(loss) is not FunctionLoss
        assert np.allclose(
            matrix, by_step.reshape(matrix.shape), rtol=1e-12 if exact else 1e-8, atol=1e-13 if exact else 1e-9
        )


@every_loss
def test_covariance_is_the_population_covariance_over_the_examples(loss, example):
    phi = places(loss)
    sigma = loss.covariance(phi)
    assert sigma.shape == (4, *loss.shape, *loss.shape)
    for p, matrix in zip(phi, sigma, strict=True):
        gradients = np.array([complex_step(lambda q, k=k: example(q, k), p) for k in range(loss.n)])
        population = np.cov(gradients.T, bias=True)
        sample = np.cov(gradients.T, bias=False)
        assert np.allclose(matrix, population, rtol=1e-11, atol=1e-13)
        assert not np.allclose(matrix, sample, rtol=1e-3)  # 1/(n-1) would be seen


@every_loss
def test_fast_methods_equal_the_plain_ones(loss, example):
    phi = places(loss)
    index = np.random.default_rng(8).integers(0, loss.n, (3, 4))
    assert np.allclose(loss.gradient(phi), Loss.gradient(loss, phi), rtol=1e-12, atol=1e-14)
    assert np.allclose(loss.minibatch_gradient(phi, index), Loss.minibatch_gradient(loss, phi, index), rtol=1e-12)
    w = np.random.default_rng(9).dirichlet(np.ones(loss.n), 4) * 3 - 2 / loss.n  # rows sum to 1, some entries negative
    assert np.allclose(loss.weighted_gradient(phi, w), Loss.weighted_gradient(loss, phi, w), rtol=1e-11, atol=1e-13)
    assert np.allclose(loss.covariance(phi), Loss.covariance(loss, phi), rtol=1e-11, atol=1e-13)
    assert np.allclose(loss.hessian(phi), Loss.hessian(loss, phi), rtol=1e-8, atol=1e-9)


@every_loss
def test_leading_axes_are_free(loss, example):
    phi = places(loss, 6)
    for method in (loss.loss, loss.gradient, loss.per_example_gradients, loss.hessian, loss.covariance):
        flat = method(phi)
        assert np.allclose(method(phi.reshape(2, 3, *loss.shape)).reshape(flat.shape), flat, rtol=1e-12, atol=1e-13)
        assert np.allclose(method(phi[0]), flat[0], rtol=1e-9, atol=1e-9)


@every_loss
def test_integers_are_parameters_too(loss, example):
    phi = np.ones((2, *loss.shape), dtype=int)
    assert np.allclose(loss.gradient(phi), loss.gradient(phi.astype(float)))


@every_loss
def test_gradient_vanishes_at_the_minimiser(loss, example):
    if loss.minimiser is None:
        pytest.skip("no single minimiser")
    assert loss.minimiser.shape == loss.shape
    assert np.abs(loss.gradient(loss.minimiser)).max() < 1e-12
    around = loss.minimiser + 0.1 * places(loss, 20)
    assert (loss.loss(around) > loss.loss(loss.minimiser)).all()


def test_a_vector_parameter_of_the_wrong_length_is_refused():
    for method in ("loss", "gradient", "hessian", "covariance", "per_example_gradients"):
        with pytest.raises(ValueError, match=r"phi of shape \(4, 2\) is not allowed: its last axis must have length 3"):
            getattr(LeastSquares(X, Y), method)(np.zeros((4, 2)))


def test_max_stable_eta_elsewhere_is_two_over_the_largest_curvature():
    loss = LOSSES["logistic"][0]
    top = np.linalg.eigvalsh(loss.hessian(loss.minimiser))[-1]
    assert loss.max_stable_eta(3) == pytest.approx(2 / top)
    assert not loss.quadratic
    assert DoubleWell(0.3).max_stable_eta() == 2 / DoubleWell(0.3).hessian(1.0)
    assert by_functions().max_stable_eta() is None  # no minimiser given


def test_max_stable_eta_refuses():
    for loss, _ in LOSSES.values():
        with pytest.raises(ValueError, match="batch_size = 0"):
            loss.max_stable_eta(0)
        with pytest.raises(ValueError, match="batch_size = 13|batch_size = 3"):
            loss.max_stable_eta(loss.n + 1, "without_replacement")
        with pytest.raises(
            ValueError, match="sampling = 'shuffled' is not allowed: it must be one of 'with_replacement'"
        ):
            loss.max_stable_eta(1, "shuffled")


def test_softmax_with_two_classes_is_logistic():
    phi = np.random.default_rng(11).standard_normal((4, 3))
    pair = np.hstack([-phi / 2, phi / 2])
    assert np.allclose(SoftmaxRegression(X, LABELS).loss(pair), LogisticRegression(X, LABELS).loss(phi))


def test_large_scores_do_not_overflow():
    phi = 1e4 * np.ones((1, 3))
    with np.errstate(over="raise", invalid="raise"):
        for loss in (LogisticRegression(X, LABELS), SoftmaxRegression(X, LABELS, n_classes=3)):
            p = np.tile(phi, loss.shape[0] // 3) * np.arange(1, loss.shape[0] + 1)
            for method in (loss.loss, loss.gradient, loss.hessian, loss.covariance):
                assert np.isfinite(method(p)).all()
            assert np.isfinite(loss.minibatch_gradient(p, np.zeros((2, 1), dtype=int))).all()


# --- bad data -----------------------------------------------------------------------------------------------------

NAN = float("nan")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MeanEstimation([0.0, NAN]), r"x = nan at index \(1,\) is not allowed: every entry must be finite"),
        (lambda: MeanEstimation([]), r"x of shape \(0,\) is not allowed: it must not be empty"),
        (lambda: MeanEstimation(3.0), r"x of shape \(\) is not allowed: its shape must be \(n,\) or \(n, d\)"),
        (lambda: MeanEstimation(np.zeros((2, 2, 2))), r"x of shape \(2, 2, 2\) is not allowed"),
        (lambda: ScalarQuadratic([1.0, 2.0], [0.0]), r"x of shape \(1,\) is not allowed: its shape must be \(2,\)"),
        (lambda: ScalarQuadratic([1.0, -1.0], [0.0, 0.0]), "h of mean 0 is not allowed: its mean must be > 0"),
        (lambda: LeastSquares(X, Y[:5]), r"y of shape \(5,\) is not allowed: its shape must be \(12,\)"),
        (lambda: LeastSquares(Y, Y), r"X of shape \(12,\) is not allowed: its shape must be \(any, any\)"),
        (lambda: LeastSquares(np.where(X > 1, np.inf, X), Y), "X = inf at index .* every entry must be finite"),
        (lambda: LogisticRegression(X, 2 * LABELS), "y = .*2.0.* is not allowed: it must be 0 or 1"),
        (lambda: LogisticRegression(X, LABELS, ridge=-1), "ridge = -1 is not allowed: it must be a finite number >= 0"),
        (lambda: SoftmaxRegression(X, CLASSES + 0.5), "y = .*0.5.* a whole number from 0 to 2"),
        (lambda: SoftmaxRegression(X, CLASSES - 1), "y = .*-1.0.* a whole number from 0 to 1"),
        (lambda: SoftmaxRegression(X, CLASSES, n_classes=2), "y = .*2.0.* a whole number from 0 to 1"),
        (lambda: TiltedQuadratic(2.0, Y), "hessian of shape .. is not allowed: it must have 2 axes"),
        (lambda: TiltedQuadratic(-H, X), "hessian = .* positive definite"),
        (lambda: TiltedQuadratic(H, Y), r"b of shape \(12,\) is not allowed: its shape must be \(any, 3\)"),
        (lambda: DoubleWell(0), "noise = 0 is not allowed: it must be a finite number > 0"),
        (lambda: DoubleWell(1.0, tilt=NAN), "tilt = nan is not allowed: it must be a finite number"),
    ],
)
def test_bad_data_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 0}, "n = 0 is not allowed: it must be an integer >= 1"),
        ({"shape": (2, 2)}, r"shape = \(2, 2\) is not allowed: it must be \(\) for a scalar parameter or \(d,\)"),
        ({"shape": 3}, "shape = 3 is not allowed"),
        ({"loss": 3}, "loss = 3 is not allowed: it must be a function of phi"),
        ({"loss": lambda phi: phi}, r"loss\(phi\) of shape \(2, 3\) is not allowed: .* it must have shape \(2,\)"),
        (
            {"per_example_gradients": lambda phi: phi},
            r"per_example_gradients\(phi\) of shape .* must have shape \(2, 12, 3\)",
        ),
        (
            {"per_example_gradients": lambda phi: 2 * phi[..., None, :] + np.zeros((12, 1))},
            r"per_example_gradients of mean slope .* is not allowed: along the same direction loss has",
        ),
        ({"per_example_gradients": None}, "per_example_gradients = None is not allowed"),
        ({"hessian": lambda phi: np.eye(3)}, r"hessian\(phi\) of shape \(3, 3\) is not allowed: .* \(2, 3, 3\)"),
        ({"minimiser": [0.0]}, r"minimiser of shape \(1,\) is not allowed: its shape must be \(3,\)"),
        ({"minimiser": [0.0, NAN, 0.0]}, r"minimiser = nan at index \(1,\)"),
        (
            {"per_example_gradients": lambda phi: np.full((*phi.shape[:-1], 12, 3), NAN)},
            "per_example_gradients = nan at index",
        ),
    ],
)
def test_functions_of_the_wrong_shape_are_refused(change, message):
    good = {
        "loss": lambda phi: (phi**2).sum(axis=-1) / 2,
        "per_example_gradients": lambda phi: phi[..., None, :] + np.zeros((12, 1)),
        "n": 12,
        "shape": (3,),
    }
    FunctionLoss(**good)
    with pytest.raises((ValueError, TypeError), match=message):
        FunctionLoss(**(good | change))


def test_rounding_never_makes_a_variance_negative():
    """Two parabolas have the same slope at one place; beside it the variance is the square of the distance to it."""
    loss = ScalarQuadratic([1.0, 1.7], [0.3, 1.1])
    same = (1.7 * 1.1 - 0.3) / 0.7
    near = same + np.linspace(-1e-8, 1e-8, 401)
    assert loss.covariance(near).min() >= 0
    assert loss.covariance(same + 0.1) == pytest.approx((0.35 * 0.1) ** 2, rel=1e-9)
    assert loss.covariance(same - 0.1) == pytest.approx((0.35 * 0.1) ** 2, rel=1e-9)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e9])
def test_the_check_of_the_gradient_knows_no_units(unit):
    """A bowl unit^2 (sqrt(1 + (phi / unit)^2) - 1), whose gradient bends over a length `unit`."""

    def loss(phi):
        return phi**2 / (1 + np.sqrt(1 + (phi / unit) ** 2))

    def gradients(phi):
        return (phi / np.sqrt(1 + (phi / unit) ** 2))[..., None]

    FunctionLoss(loss, gradients, 1, ())
    with pytest.raises(ValueError, match="of mean slope"):
        FunctionLoss(loss, lambda phi: 1.01 * gradients(phi), 1, ())


def test_gradients_of_no_loss_have_no_values_of_it():
    turning = FunctionLoss(None, lambda phi: np.stack([-phi[..., 1], phi[..., 0]], axis=-1)[..., None, :], 1, (2,))
    np.testing.assert_allclose(turning.gradient(np.array([1.0, 2.0])), [-2.0, 1.0])
    with pytest.raises(
        TypeError, match="loss = None is not allowed: it must be a function of phi for L to have values"
    ):
        turning.loss(np.zeros(2))


def test_functions_that_work_in_place_spoil_nothing():
    def gradients(phi):
        phi -= 1.0
        return phi[..., None]

    loss, phi = FunctionLoss(lambda phi: (phi - 1) ** 2 / 2, gradients, 1, ()), np.array([3.0, 5.0])
    np.testing.assert_array_equal(loss.gradient(phi), [2.0, 4.0])
    np.testing.assert_array_equal(phi, [3.0, 5.0])


@pytest.mark.parametrize("phi", [True, "1", [True, False], None])
def test_a_parameter_that_is_no_number_is_named(phi):
    for loss in (MeanEstimation(Y), DoubleWell(0.3), by_functions()):
        with pytest.raises(TypeError, match="phi = .* is not allowed: it must be an array of numbers"):
            loss.gradient(phi)


def test_columns_of_python_numbers_are_data():
    mixed = np.array([[1, 2.5], [3.0, 4]], dtype=object)  # as a frame of pandas' nullable types gives them
    np.testing.assert_array_equal(MeanEstimation(mixed).x, [[1, 2.5], [3, 4]])
    with pytest.raises(TypeError, match="x = .* an array of real numbers"):
        MeanEstimation(np.array([1.0, None], dtype=object))
