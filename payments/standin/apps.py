from django.apps import AppConfig


class StandinConfig(AppConfig):
    name = "payments.standin"
    label = "standin"
