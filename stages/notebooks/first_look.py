# %% [markdown]
# # A first look
#
# Train, look, predict, compare. Open this file as a notebook in VS Code or PyCharm as it is, in
# Jupyter with jupytext. It needs `pip install 'cifar-pipeline[pictures]'` and a kernel (ipykernel).
# With `"source": "cifar10"`, or a folder of your own photos, it does the same on those.

# %%
import matplotlib.pyplot as plt
import numpy as np

from pipeline import plan, run
from stages.cifar10 import PIPELINE
from stages.modelfile import load_model

GIVEN = {"source": "synthetic", "synthetic_size": 4000, "color": True, "epochs": 5, "lr": 0.05}
GIVEN |= {"local": "8,4,8", "hidden": (64,), "batchnorm": True}  # patches have units of their own

# %% [markdown]
# ## Train
# What would run, and why? Then run it: each epoch is an event, and anything can be done with it.

# %%
for decision in plan(PIPELINE, **GIVEN):
    print(f"{decision.stage.name:<12} {decision.status:<7} {decision.reason}")


# %%
def show(event):
    """An epoch as it ends."""
    if event.kind == "metrics" and event.stage == "train":
        print(f"epoch {event.epoch}: {event.loss:.3f}, validation {event.validation_accuracy:.1%}")


found = run(PIPELINE, on_event=show, **GIVEN)
print(f"test images: {found['evaluation']['test']['accuracy']:.1%} right")

# %%
# The same once more computes nothing: every result is stored under what identifies it.
again = run(PIPELINE, **GIVEN)
assert {stage.status for stage in again.stages} == {"cached"}

# %% [markdown]
# ## Look
# Artifacts come by name: the curves of the training, some images, what is taken for what.

# %%
history = found["training"]["history"]
for name in ("loss", "validation_loss"):
    plt.plot([entry["epoch"] for entry in history], [entry[name] for entry in history], label=name)
plt.legend()
plt.show()

# %%
images, labels, classes = found["images"], found["labels"], found["dataset"]["classes"]
for place, row in enumerate(found["test_rows"][:10]):
    axes = plt.subplot(2, 5, place + 1, title=classes[labels[row]])
    axes.imshow(images[row].transpose(1, 2, 0))
    axes.axis("off")
plt.show()

# %%
plt.imshow(found["evaluation"]["test"]["confusion"])
plt.xticks(range(len(classes)), classes, rotation=90)
plt.yticks(range(len(classes)), classes)
plt.show()

# %% [markdown]
# ## Predict
# The model file has all that leads from pixels to probabilities. Where is it surest, and wrong?

# %%
model = load_model(found.path("model"))
rows = found["test_rows"]
chances = model.probabilities(images[rows])
right = chances.argmax(axis=1) == labels[rows]
for place in np.argsort(right - chances.max(axis=1))[:3]:
    best = [f"{classes[k]} {chances[place, k]:.0%}" for k in np.argsort(-chances[place])[:3]]
    print(f"image {rows[place]}, {classes[labels[rows[place]]]}, is taken for: {', '.join(best)}")

# %% [markdown]
# ## Compare
# Only what depends on a change runs again; everything before it is shared.

# %%
accuracies = {"--hidden 64 --local 8,4,8": found["evaluation"]["validation"]["accuracy"]}
for flags, changed in (
    ("--hidden 64", {"local": ""}),
    ("--hidden 256", {"local": "", "hidden": (256,)}),
    ("--hidden 64 --local 8,4,16", {"local": "8,4,16"}),
):
    other = run(PIPELINE, **(GIVEN | changed))
    accuracies[flags] = other["evaluation"]["validation"]["accuracy"]
    ran = [stage.name for stage in other.stages if stage.status == "ran"]
    print(f"{flags:<27} {accuracies[flags]:.1%}  ran: {', '.join(ran)}")

# %%
best = max(accuracies, key=accuracies.get)
print(f"Go on with this one:  pipeline run --color --batchnorm --lr 0.05 {best} --save model.json")
