"""A control for JupyterLab: any picture, segmented by any network that is at hand."""

import functools
import io
from collections.abc import Sequence

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from PIL import Image

from helpers.deeplab import checkpoint, image, overlays, scene_networks, scenes, segmenter
from helpers.translation import text


def explorer(checkpoints: Sequence[str], pictures: dict[str, np.ndarray]) -> widgets.VBox:
    """Return a control that segments a picture, chosen or uploaded, and shows classes and shares.

    Args:
        checkpoints: official ones that can be used; the compact networks for scenes always can.
        pictures: {name: RGB picture} to choose from.
    """
    networks = [*checkpoints, *scene_networks.NETWORKS]
    picture = widgets.Dropdown(options=list(pictures), description=text("picture"))
    upload = widgets.FileUpload(accept="image/*", description=text("upload"))
    network = widgets.Dropdown(options=networks, description=text("network"))
    stride = widgets.ToggleButtons(options=[16, 8], description=text("output stride"))
    output = widgets.Output()
    uploaded = {}

    def add(change):
        for file in change["new"]:
            uploaded[file["name"]] = bytes(file["content"])
            picture.options = [*pictures, *uploaded]
            picture.value = file["name"]

    def update(_change=None):
        output.clear_output(wait=True)
        with output:
            try:
                chosen = pictures.get(picture.value)
                if chosen is None:
                    chosen = image.read_picture(Image.open(io.BytesIO(uploaded[picture.value])))
                found = segmenter_of(network.value, stride.value).predict(chosen)
            except (OSError, ValueError) as error:
                print(f"{picture.value}: {error}")
                return
            figure = overlays.draw_segmentation(found)
            display(figure)
            plt.close(figure)
            print(*overlays.shares(found.shares), sep="\n")

    upload.observe(add, "value")
    for control in (picture, network, stride):
        control.observe(update, "value")
    update()
    return widgets.VBox([widgets.HBox([picture, upload]), network, stride, output])


@functools.cache
def segmenter_of(name: str, output_stride: int) -> segmenter.Segmenter:
    """Return the segmenter of an official checkpoint or a compact network at an output stride."""
    if name in scene_networks.NETWORKS:
        model = scene_networks.load(name, output_stride, size=None)
        return segmenter.Segmenter(model, scenes.CLASSES, scenes.SIZE)
    model = checkpoint.build_official(name, output_stride)
    model.set_weights(checkpoint.load_official(name).get_weights())
    return segmenter.Segmenter(model)
