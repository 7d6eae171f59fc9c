"""Paths of the catalog, as clients of the one API see them."""

from books import views
from django.urls import path

urlpatterns = [
    path("books", views.books),
    path("books/formats", views.formats),
    path("books/<slug:slug>", views.book),
]

handler404 = views.not_found
handler500 = views.broken
