"""The shortcuts and activations that arXiv 1603.05027 compares, as options of `build_cifar`.

`gate_bias` is the initial bias of the gates: see `units.set_gate_biases`.
"""

SHORTCUTS: dict[str, dict] = {  # Table 1
    "original": {},
    "constant 0, branch 1": {"scaling": (0.0, 1.0)},
    "constant 0.5, branch 1": {"scaling": (0.5, 1.0)},
    "constant 0.5, branch 0.5": {"scaling": (0.5, 0.5)},
    "exclusive gate, bias 0": {"gating": "exclusive", "gate_bias": 0.0},
    "exclusive gate, bias −6": {"gating": "exclusive", "gate_bias": -6.0},
    "exclusive gate, bias −7": {"gating": "exclusive", "gate_bias": -7.0},
    "shortcut-only gate, bias 0": {"gating": "shortcut_only", "gate_bias": 0.0},
    "shortcut-only gate, bias −6": {"gating": "shortcut_only", "gate_bias": -6.0},
    "1×1 convolution": {"shortcut": "C"},
    "dropout 0.5": {"dropout": 0.5},
}
PLACEMENTS: dict[str, dict] = {  # Table 2
    "original": {},
    "BN after addition": {"placement": "bn_after_addition"},
    "ReLU before addition": {"placement": "relu_before_addition"},
    "ReLU-only pre-activation": {"placement": "relu_only_preactivation"},
    "full pre-activation": {"placement": "preactivation"},
}
TABLES = (SHORTCUTS, PLACEMENTS)
