"""The boto3 Session factory: what scripts import, and the plug-in for other people's tools.

No module here bears the name of a public function: ``awsprof`` shows the functions, by its table.
"""
