"""Which texts of the catalogue exist once per language (name_fr, name_de, name_it, name_en)."""

from modeltranslation.translator import TranslationOptions, register

from catalogue.models import Category, Checklist, Package, Question, Service, Topic


@register(Category)
class CategoryTranslation(TranslationOptions):
    fields = ("name", "hurt")


@register(Service)
class ServiceTranslation(TranslationOptions):
    fields = (
        "name",
        "summary",
        "included",
        "not_included",
        "tools",
        "steps",
        "prepare",
        "search_words",
    )


@register(Package)
class PackageTranslation(TranslationOptions):
    fields = ("name", "summary")


@register(Checklist)
class ChecklistTranslation(TranslationOptions):
    fields = ("items",)


@register(Question)
class QuestionTranslation(TranslationOptions):
    fields = ("words", "options")


@register(Topic)
class TopicTranslation(TranslationOptions):
    fields = ("name", "words")
