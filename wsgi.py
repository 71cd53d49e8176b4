"""For WSGI servers other than our own: `gunicorn --worker-class gthread --threads 16 wsgi:app`."""

from hotline.app import serve

app = serve()
