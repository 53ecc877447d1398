"""Documents to print: headings, texts, tables and charts as a tagged PDF that is always the same.

Written here, for what a library would bring. ReportLab and fpdf2 import Pillow, an image codec of
7 MB of C, for pages without an image; neither tags a table; both compress by whatever zlib there
is, so that another machine may write other octets; ReportLab reads settings in the home folder.
What a PDF is has not changed since 2008 (docs/decisions/a-pdf-of-our-own.md).
"""
