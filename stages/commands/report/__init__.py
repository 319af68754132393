"""The command `report`: the stored record of runs as one HTML page that needs nothing else.

    trail.py, gather.py    from the store to a plain record of a run
    predictions.py         what the stored model says about the test images, computed again
    statistics.py          intervals, scores by class, calibration, McNemar's test
    html.py, page.py       elements that escape; the page and its style
    sections/              a file for each section of the page
    figures/               charts described once, drawn as SVG, as PNG or as text

The page is a view: nothing here is part of a fingerprint, and no result depends on it.
"""

FOLDER = "reports"  # in the artifacts folder
