"""The equations of 1603.05027 against finite differences and closed forms."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.residual import algebra, cifar
from helpers.residual.units import PLACEMENTS

SHAPE = (2, 4, 4, 3)


@pytest.fixture
def x_l():
    return np.random.default_rng(0).normal(size=SHAPE).astype("float32")


def squared(x_L):
    return tf.reduce_sum(tf.square(x_L)) / 2


def linear(factor):
    return lambda x, training: factor * x


def test_branches_are_two_convolutions_around_a_relu(x_l):
    (branch,) = algebra.branches(1, 3)
    y = branch(x_l, training=True)
    first, second = (weight.value for weight in branch.weights)
    expected = tf.nn.conv2d(tf.nn.relu(tf.nn.conv2d(x_l, first, 1, "SAME")), second, 1, "SAME")
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


def test_branches_differ_and_repeat_with_their_seed(x_l):
    one, two = algebra.branches(2, 3, seed=1)
    again = algebra.branches(2, 3, seed=1)
    other = algebra.branches(2, 3, seed=2)
    assert not np.allclose(one(x_l), two(x_l))
    np.testing.assert_array_equal(two(x_l), again[1](x_l))
    assert not any(np.allclose(two(x_l), branch(x_l)) for branch in other)


def test_gain_scales_a_branch(x_l):
    (one,), (tenth,) = algebra.branches(1, 3), algebra.branches(1, 3, gain=0.1)
    np.testing.assert_allclose(tenth(x_l), 0.1 * np.asarray(one(x_l)), rtol=1e-4, atol=1e-6)


def test_redrawn_branches_are_those_of_the_seed(x_l):
    F = algebra.branches(2, 3, normalised=True, gain=0.1, seed=0)
    algebra.redraw(F, 3)
    for one, other in zip(
        F, algebra.branches(2, 3, normalised=True, gain=0.1, seed=3), strict=True
    ):
        np.testing.assert_array_equal(one(x_l), other(x_l))


@pytest.mark.parametrize("lambda_l", [0.0, 0.5, 1.0, 1.5])
def test_propagation_through_linear_branches_has_a_closed_form(x_l, lambda_l):
    x = algebra.propagate(x_l, [linear(0.25)] * 6, lambda_l=lambda_l)
    assert len(x) == 7
    np.testing.assert_allclose(x[-1], (lambda_l + 0.25) ** 6 * x_l, rtol=1e-5)


@pytest.mark.parametrize("lambda_l", [0.8, 1.0, 1.25])
def test_unrolled_equals_the_activation(x_l, lambda_l):
    """Equation (7), and (4) at lambda = 1."""
    F = algebra.branches(5, 3)
    x = algebra.propagate(x_l, F, lambda_l=lambda_l)
    assert algebra.relative_error(algebra.unrolled(x, F, lambda_l), x[-1]) < 1e-6


def test_a_relu_costs_what_it_cuts_off_the_first_unit(x_l):
    """The unit gets relu(x_l), and (4) misses the part of y_l below zero."""
    F = algebra.branches(1, 3)
    x_l = tf.nn.relu(x_l)
    y_l = x_l + F[0](x_l)
    expected = tf.norm(tf.minimum(y_l, 0)) / tf.norm(tf.maximum(y_l, 0))
    assert expected > 0.1
    assert algebra.unrolling_errors(x_l, F, [1], tf.nn.relu) == pytest.approx([float(expected)])


def test_a_relu_cuts_nothing_where_branches_are_silent(x_l):
    assert algebra.unrolling_errors(x_l, [linear(0.0)] * 3, [1, 3], tf.nn.relu) == [0, 0]


def test_a_relu_after_branches_that_subtract_has_a_closed_form(x_l):
    """y = -x/2 <= 0 is cut to 0 at once; the sum is relu(x) (1 - 3/2)."""
    x = algebra.propagate(tf.nn.relu(x_l), [linear(-1.5)] * 2, tf.nn.relu)
    assert float(tf.reduce_max(x[1])) == 0
    np.testing.assert_allclose(
        algebra.unrolled(x, [linear(-1.5)] * 2), -0.5 * np.maximum(x_l, 0), rtol=1e-6
    )


@pytest.mark.parametrize("lambda_l", [0.8, 1.0, 1.25])
def test_gradient_split_agrees_with_finite_differences(x_l, lambda_l):
    """Equation (8), and (5) at lambda = 1; smooth branches, so that differences are exact."""
    rng = np.random.default_rng(1)
    W = [tf.constant(rng.normal(size=(3, 3)) * 0.4, tf.float64) for _ in range(4)]
    F = [lambda x, training, W_i=W_i: tf.tanh(x @ W_i) for W_i in W]
    x_l = tf.constant(x_l, tf.float64)
    left, carried, through = algebra.gradient_split(x_l, F, squared, lambda_l)

    def loss(x):
        return float(squared(algebra.propagate(x, F, lambda_l=lambda_l)[-1]))

    direction = rng.normal(size=SHAPE)
    step = 1e-5
    difference = (loss(x_l + step * direction) - loss(x_l - step * direction)) / (2 * step)
    np.testing.assert_allclose(np.sum(left * direction), difference, rtol=1e-7)
    np.testing.assert_allclose(carried + through, left, rtol=1e-10)
    x_L = algebra.propagate(x_l, F, lambda_l=lambda_l)[-1]
    np.testing.assert_allclose(carried, lambda_l**4 * x_L, rtol=1e-12)  # dE/dx_L = x_L


def test_gradient_norms_and_slope_of_linear_branches(x_l):
    """Each unit multiplies signal and gradient by lambda + 0.1."""
    norms, deviations = algebra.gradient_norms(x_l, [linear(0.1)] * 5, squared, lambda_l=0.8)
    np.testing.assert_allclose(
        norms, np.linalg.norm(x_l) * 0.9**5 * 0.9 ** np.arange(5, -1, -1), rtol=1e-5
    )
    np.testing.assert_allclose(deviations, x_l.std() * 0.9 ** np.arange(6), rtol=1e-5)
    assert algebra.slope_per_unit(norms) == pytest.approx(np.log(0.9), rel=1e-5)


def test_draws_of_the_gradient_are_those_of_freshly_drawn_branches(x_l):
    seeds, factors = [4, 5], [0.9, 1.1]
    F = algebra.branches(3, 3, normalised=True)
    norms, variances = algebra.gradient_draws(x_l, F, squared, seeds, tf.nn.relu, factors)
    for i, seed in enumerate(seeds):
        for k, factor in enumerate(factors):
            F = algebra.branches(3, 3, normalised=True, seed=seed)
            x = algebra.propagate(tf.nn.relu(x_l), F, tf.nn.relu, factor)
            np.testing.assert_allclose(variances[i, k], [np.var(x_i) for x_i in x], rtol=1e-4)
            found, _ = algebra.gradient_norms(tf.nn.relu(x_l), F, squared, tf.nn.relu, factor)
            np.testing.assert_allclose(norms[i, k], found / found[-1], rtol=1e-4)


def test_gradient_norms_do_not_overflow(x_l):
    norms, _deviations = algebra.gradient_norms(x_l, [linear(0.0)] * 100, squared, lambda_l=1.5)
    assert np.isfinite(norms).all()
    assert float(norms[0] / norms[-1]) == pytest.approx(1.5**100, rel=1e-4)


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")  # the gradient that is refused
@pytest.mark.parametrize("factor", [1e-4, 1e4])
def test_a_gradient_beyond_float32_is_refused(x_l, factor):
    weak = algebra.branches(12, 3, gain=1e-3)
    with pytest.raises(ValueError, match="within 12 units a gradient .* float32: take fewer"):
        algebra.gradient_draws(x_l, weak, squared, [0], factors=[factor])


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_equation_4_inside_networks(placement):
    """It holds where nothing follows the addition (1603.05027, section 4)."""
    keras.utils.set_random_seed(0)
    model = cifar.build_cifar("resnet", 20, (8, 8, 1), placement=placement)
    images = np.random.default_rng(2).normal(size=(4, 8, 8, 1)).astype("float32")
    x_l, F, x_L = algebra.stage_terms(model, images)
    assert len(F) == 2
    error = algebra.relative_error(x_l + tf.add_n(F), x_L)
    assert (error < 1e-6) == (PLACEMENTS[placement][2] == "")
