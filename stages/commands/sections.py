"""What this program adds to the help: sections, and an example of each command."""

EXPERIMENTS = "Experiments"
MODEL = "A model"

# What a newcomer may type, by command.
EXAMPLES = {
    "run": "pipeline run --lr 0.02 --hidden 256,128 --save model.json",
    "plan": "pipeline plan --lr 0.02",
    "explain": "pipeline explain train --lr 0.02",
    "config": "pipeline config --recipe fast > fast.toml",
    "verify": "pipeline verify --json",
    "gc": "pipeline gc --unused-days 30 --max-size 5GB --dry-run",
    "lr-find": "pipeline lr-find --recipe fast --plot curve.png",
    "search": "pipeline search lr=0.01,0.1 hidden=256/512,256 --epochs 5 --jobs 2",
    "report": "pipeline report --recipe fast --output page.html",
    "predict": "pipeline predict --load model.json cat.jpg",
    "download": "pipeline download --source cifar.tar.gz",
    "preprocess": "pipeline preprocess --color --storage uint8",
    "split": "pipeline split --val-fraction 0.1 --seed 1",
    "standardize": "pipeline standardize --standardize channel --color",
    "whiten": "pipeline whiten --whiten pca --components 256",
    "train": "pipeline train --recipe fast --epochs 2 --workers 2",
    "evaluate": "pipeline evaluate --load model.json --tta",
    "serialize": "pipeline serialize --save model.json",
}

# Modules that can be missed: what needs them, how to get them.
EXTRAS = {
    "PIL": ("image files (--source, predict)", "pip install 'cifar-pipeline[pictures]'"),
    "matplotlib": ("pictures (--plot as PNG or PDF)", "pip install 'cifar-pipeline[pictures]'"),
    "pyarrow": ("Parquet tables", "pip install 'cifar-pipeline[tables]'"),
    "onnx": ("ONNX files (export)", "pip install 'cifar-pipeline[onnx]'"),
    "tensorboardX": ("curves (--tensorboard)", "pip install 'cifar-pipeline[tensorboard]'"),
    "sklearn": ("NetworkClassifier and its peers", "pip install 'cifar-pipeline[sklearn]'"),
    "numba": ("compiled loops (--kernels numba)", "pip install 'cifar-pipeline[compiled]'"),
    "distributed": ("clusters (--cluster)", "pip install 'cifar-pipeline[dask]'"),
    "fsspec": ("shared results (--remote, push, pull)", "pip install 'cifar-pipeline[remote]'"),
}
