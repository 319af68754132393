"""What each step of a model becomes in the program that `--to python` writes.

FUNCTIONS are steps that get a function of their own; LINES are those that are one statement, by the
number of their constants where they may have some or none.
"""

from __future__ import annotations

from stages.neuralnet.inputs import LEAST_DEVIATION
from stages.neuralnet.layers.activations import LEAK
from stages.neuralnet.layers.gated import CUBE, ROOT
from stages.neuralnet.layers.normalization import EPSILON

LINES: dict[str, str | dict[int, str]] = {
    "colors": "    x = images.reshape(len(images), -1).astype(np.float32)",
    "rows": "    x = images",
    "luma": "    red, green, blue = images.astype(np.float32).transpose(1, 0, 2, 3)\n"
    "    x = red * {} + green * {} + blue * {}\n"
    "    x = x.reshape(len(images), -1)",
    "round": "    x = np.rint(x)",
    "scale": "    x = x * {}",
    "offset": "    x = x + {}",
    "cast": "    x = x.astype(np.float64)",
    "standardize": "    x = (x - {}) * {}",
    "whiten": "    x = x @ {} + {}",
    "dense": {1: "    x = x @ {}", 2: "    x = x @ {} + {}"},
}

FUNCTIONS = {
    "contrast": f'''def contrast(x):
    """Each row to mean 0 and deviation 1, but for rows without contrast."""
    x = x - x.mean(axis=1, keepdims=True)
    deviation = np.sqrt((x * x).mean(axis=1, keepdims=True))
    return x / np.maximum(deviation, {LEAST_DEVIATION})
''',
    "local": """def local(x, weights, indices, offsets):
    \"\"\"Each patch of the rows of x, by its indices, times its own weights.\"\"\"
    parts = [x[:, patch] @ W for patch, W in zip(indices, weights)]
    return np.concatenate(parts, axis=1) + offsets
""",
    "batch_norm": f"""def batch_norm(x, gains, biases, means, variances):
    return (x - means) * (gains / np.sqrt(variances + {EPSILON})) + biases
""",
    "layer_norm": f"""def layer_norm(x, gains, biases):
    x = x - x.mean(axis=1, keepdims=True)
    return gains * (x / np.sqrt((x * x).mean(axis=1, keepdims=True) + {EPSILON})) + biases
""",
    "relu": """def relu(x):
    return np.maximum(x, 0)
""",
    "leaky_relu": f"""def leaky_relu(x):
    return np.maximum(x, {LEAK} * x)
""",
    "elu": """def elu(x):
    return np.maximum(x, np.exp(np.minimum(x, 0)) - 1)
""",
    "gelu": f"""def gelu(x):
    return x / (1 + np.exp(-2 * {ROOT} * (x + {CUBE} * x * x * x)))
""",
    "silu": """def silu(x):
    return x / (1 + np.exp(-x))
""",
    "sigmoid": """def sigmoid(x):
    return 1 / (1 + np.exp(-x))
""",
    "tanh": """def tanh(x):
    return np.tanh(x)
""",
}
