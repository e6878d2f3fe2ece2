"""Air showers on a surface array: a parametrised toy with published ingredients, not CORSIKA and not Offline.

showers draws what a primary does in the atmosphere, array what arrives at the stations, traces what they record,
reconstruction what an analysis would know of it, and generate writes all that to data/raw.
"""
