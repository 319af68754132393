"""The sections of the page, a file each: from a record to HTML, or None where there is nothing."""
