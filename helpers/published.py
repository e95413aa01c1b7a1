"""Numbers of the papers, each with the paper and the table that it stands in."""

# Test errors of residual networks on CIFAR-10, %, by depth: arXiv 1512.03385, Table 6.
CIFAR10_ERRORS = {20: 8.75, 32: 7.51, 44: 7.17, 56: 6.97, 110: 6.43}

# The same of 110 layers, medians of five runs, "fail" above 20 %: arXiv 1603.05027, Table 1 …
SHORTCUT_ERRORS = {
    "original": 6.61,
    "constant 0, branch 1": "fail",
    "constant 0.5, branch 1": "fail",
    "constant 0.5, branch 0.5": 12.35,
    "exclusive gate, bias 0": "fail",
    "exclusive gate, bias −6": 8.70,
    "exclusive gate, bias −7": 9.81,
    "shortcut-only gate, bias 0": 12.86,
    "shortcut-only gate, bias −6": 6.91,
    "1×1 convolution": 12.22,
    "dropout 0.5": "fail",
}
PLACEMENT_ERRORS = {  # … and Table 2
    "original": 6.61,
    "BN after addition": 8.17,
    "ReLU before addition": 7.84,
    "ReLU-only pre-activation": 6.71,
    "full pre-activation": 6.37,
}

# 10⁹ multiply-adds for an image of 224×224 pixels: arXiv 1512.03385, Table 1 and section 4.1.
IMAGENET_GMACS = {
    "VGG-16": 15.3, "VGG-19": 19.6, "plain-34": 3.6, "ResNet-18": 1.8, "ResNet-34": 3.6,
    "ResNet-50": 3.8, "ResNet-101": 7.6, "ResNet-152": 11.3,
}  # fmt: skip

# 10⁹ multiply-adds for 513×513 pixels, by network and output stride; 10⁶ parameters.
DEEPLAB_PAPERS = {
    "MobileNetV2": "1801.04381",  # Table 7, which has stride 8 for six scales, mirrored, only
    "Xception-65": "1802.02611",  # Table 5
}
DEEPLAB_GMACS = {("MobileNetV2", 16): 2.75, ("Xception-65", 16): 54.17, ("Xception-65", 8): 177.10}
DEEPLAB_PARAMETERS = {"MobileNetV2": 2.11}

ZOO = [  # checkpoint, output stride, scales, mIoU in %, and what it was measured on:
    # tensorflow/models, research/deeplab/g3doc/model_zoo.md
    ("mobilenetv2_coco_voctrainaug", 16, "one", 75.32, "validation set"),
    ("mobilenetv2_coco_voctrainaug", 8, "six, mirrored", 77.33, "validation set"),
    ("mobilenetv2_coco_voctrainval", 8, "six, mirrored", 80.25, "test set"),
    ("xception_coco_voctrainaug", 16, "one", 82.20, "validation set"),
    ("xception_coco_voctrainaug", 8, "six, mirrored", 83.58, "validation set"),
    ("xception_coco_voctrainval", 8, "six, mirrored", 87.80, "test set"),
]

ACDC_ACCURACY = 90  # %, healthy or HCM: arXiv 1807.06843, abstract
