"""Charts, described once (chart.py) and drawn as SVG, as a PNG with Matplotlib, or as text."""
