"""The stand-in's rows live on the alias "standin", and nothing else does:
its commits are its own.
"""

ALIAS = "standin"


class StandinRouter:
    def db_for_read(self, model, **hints):
        return ALIAS if model._meta.app_label == ALIAS else None

    db_for_write = db_for_read

    def allow_relation(self, one, other, **hints):
        return (one._meta.app_label == ALIAS) == (other._meta.app_label == ALIAS)

    def allow_migrate(self, db, app_label, **hints):
        return (app_label == ALIAS) == (db == ALIAS)
