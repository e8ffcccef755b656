"""See before you decide: every face of a folder with its sharpness, and a threshold that suits a person's own photos.

Nothing is written but the report.
"""
