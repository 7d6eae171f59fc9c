"""Paths of the library, as clients of the one API see them."""

from django.urls import path
from shelf import views

urlpatterns = [
    path("shelf", views.shelf),
    path("shelf/<slug:slug>", views.shelved),
    path("orders", views.orders),
    path("orders/<uuid:order_id>", views.order),
]

handler404 = views.not_found
handler500 = views.broken
