"""Air showers on a surface array: a parametrised toy with published ingredients, not CORSIKA and not Offline.

showers draws the development in the atmosphere, array computes the mean signals at the stations, traces draws the
recorded traces, reconstruction smears the truth, and generate writes everything to data/raw.
"""
