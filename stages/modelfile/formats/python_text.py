"""The text of the program that `--to python` writes; «MARKS» stand for what the model brings."""

from __future__ import annotations

CODE = '''"""A classifier of images, made by `pipeline export --to python`. It needs NumPy alone.

    python FILE photos.npy          an array of images, «GIVEN» «IMAGES»
    python FILE cat.jpg dog.png     image files, where Pillow is installed

Both print a line for each image: where it is from, its class and the probability of that class.
In Python, with this file as model.py:

    from model import predict, probabilities

    probabilities(images)   # «GIVEN» «IMAGES» → «DTYPE» (n, «OUTPUTS»)
    predict(images)         # → the names of the most probable classes (n,)
"""

import base64
import sys

import numpy as np

«CLASSES»
SHAPE = «SHAPE»  # of an image: channels, height, width
«PIXELS»BLOCK = 256  # images at a time, so that memory is bounded


def probabilities(images):
    """The probability of each class: uint8 images «IMAGES» → «DTYPE» (n, «OUTPUTS»)."""
    images = np.asarray(images)
    if images.dtype != np.«GIVEN» or images.shape[1:] != SHAPE:
        found = f"{images.dtype} {images.shape}"
        raise ValueError(f"images: expected «GIVEN» «IMAGES», found {found}")
    blocks = [images[at : at + BLOCK] for at in range(0, len(images), BLOCK)]
    with np.errstate(over="ignore"):  # exp of a large number: infinity is right
        found = [softmax(logits(block)) for block in blocks]
    return np.concatenate([np.empty((0, len(CLASSES)), np.«DTYPE»), *found])


def predict(images):
    """The name of the most probable class of each image: «GIVEN» «IMAGES» → (n,)."""
    return np.array(CLASSES)[probabilities(images).argmax(axis=1)]


«LOGITS»


def features(images):
    """What the first layer reads: «GIVEN» «IMAGES» → «DTYPE» (n, «INPUTS»)."""
«FEATURES»
    return x


«NETWORK»


«FUNCTIONS»def softmax(x):
    x = np.exp(x - x.max(axis=1, keepdims=True))
    return x / x.sum(axis=1, keepdims=True)


def main(names):
    """Print the class of each image in some files."""
    if not names:
        sys.exit(f"usage: python {sys.argv[0]} ARRAY.npy «OR_IMAGE»")
    for name in names:
        try:
            found = probabilities(read(name))
        except (OSError, ValueError) as error:
            sys.exit(f"{name}: {error}")
        for number, row in enumerate(found):
            where = f"{name}[{number}]" if name.endswith(".npy") else name
            print(where, CLASSES[row.argmax()], f"{row.max():.4f}", sep="\\t")


def read(name):
    """Images «GIVEN» «IMAGES» of an .npy file, or one of an image file."""
    if name.endswith(".npy"):
        return np.load(name)
    if len(SHAPE) == 1:
        raise ValueError("expected an .npy file with rows of a table")
    try:
        from PIL import Image
    except ImportError:
        raise ValueError("an image file needs Pillow; pip install pillow") from None
    with Image.open(name) as image:
        image = image.convert("«MODE»").resize(SHAPE[:0:-1], Image.Resampling.LANCZOS)
    return np.asarray(image).reshape(*SHAPE[1:], -1).transpose(2, 0, 1)[np.newaxis]


'''

PLAIN = '''def logits(images):
    """Logits (n, «OUTPUTS») of images «IMAGES»."""
    return network(features(images), P)'''

FLIP_TTA = '''def logits(images):
    """Logits (n, «OUTPUTS»): the mean of those of images «IMAGES» and of their mirror images."""
    return (network(features(images), P) + network(features(images[..., ::-1]), P)) / 2'''

SINGLE = '''def network(x, p):
    """Features (n, «INPUTS») → logits (n, «OUTPUTS»), with these parameters."""
«LAYERS»
    return x'''

ENSEMBLE = '''def network(x, p):
    """Features (n, «INPUTS») → logits (n, «OUTPUTS»): the mean of those of all members."""
    layers = {name: array for name, array in p.items() if name.startswith("layers.")}
    members = [{name: array[m] for name, array in layers.items()} for m in range(«MEMBERS»)]
    return sum(member(x, own) for own in members) / «MEMBERS»


def member(x, p):
    """The logits of one member, with its parameters."""
«LAYERS»
    return x'''

ARRAYS = """def array(kind, shape, text):
    return np.frombuffer(base64.b64decode(text), kind).reshape(shape)


# All that was fitted or trained, by name: dtype, shape, and little-endian bytes in base64.
DATA = {
"""

END = """}
P = {name: array(*found) for name, found in DATA.items()}

if __name__ == "__main__":
    main(sys.argv[1:])
"""
