"""A Django project → what of it breaks off Heroku: file, line, reason, patch. Nothing of it is run or imported."""
