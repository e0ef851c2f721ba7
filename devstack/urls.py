"""The site's addresses, and the newcomer's desk: the settings choose this
root for the demo alone.
"""

from django.urls import include, path

from mila.urls import handler400, handler403, handler404, handler500
from mila.urls import urlpatterns as of_the_site

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [path("_demo/", include("devstack.desk.urls")), *of_the_site]
