"""A paper is a receipt or an invoice (papers.Paper); the words somebody accepted are a published
text.
"""

from django.db import migrations


class Migration(migrations.Migration):
    # The booking's key was made to it by the former name.
    dependencies = [("policy", "0004_papers_stay"), ("requests_app", "0005_terms_accepted")]
    operations = [migrations.RenameModel("Paper", "PublishedText")]
