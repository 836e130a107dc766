"""Files in files: what a zip or a gzip holds, in constant memory and within bounds."""
