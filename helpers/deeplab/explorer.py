"""A control for JupyterLab: any picture, segmented by any network that is at hand."""

import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from helpers.deeplab import checkpoint, comparison, image, overlays, scene_networks, segmenter
from helpers.translation import text


def explorer(checkpoints: Sequence[str], pictures: dict[str, np.ndarray]) -> widgets.VBox:
    """Return a control that segments a picture, chosen or uploaded, and shows classes and shares.

    Beside the official `checkpoints` it offers the compact networks, beside `pictures`, {name: RGB
    picture}, what is uploaded.
    """
    pictures = dict(pictures)
    networks = [*checkpoints, *scene_networks.NETWORKS]
    picture = widgets.Dropdown(options=list(pictures), description=text("picture"))
    network = widgets.Dropdown(options=networks, description=text("network"))
    stride = widgets.ToggleButtons(options=[16, 8], description=text("output stride"))
    upload = widgets.FileUpload(accept="image/*", description=text("upload"))
    fault = widgets.Label()

    def add(change):
        for file in change["new"]:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, Path(file["name"]).name)
                path.write_bytes(file["content"])
                try:
                    pictures[path.name] = image.read_picture(path, image.LARGEST)
                except ValueError as error:
                    fault.value = str(error)
                    return
            picture.options, picture.value, fault.value = list(pictures), path.name, ""

    def segment(picture, network, stride):
        found = segmenter_of(network, stride).predict(pictures[picture])
        comparison.draw_photographs({network: {picture: found}})  # shown when this ends
        print(*overlays.shares(found.shares), sep="\n")

    upload.observe(add, "value")
    chosen = {"picture": picture, "network": network, "stride": stride}
    output = widgets.interactive_output(segment, chosen)
    return widgets.VBox([widgets.HBox([picture, upload, fault]), network, stride, output])


@functools.cache
def segmenter_of(name: str, output_stride: int) -> segmenter.Segmenter:
    """Return the segmenter of an official checkpoint or a compact network at an output stride."""
    if name in scene_networks.NETWORKS:
        return scene_networks.load_segmenter(name, output_stride)
    return segmenter.Segmenter(checkpoint.load_official(name, output_stride))
