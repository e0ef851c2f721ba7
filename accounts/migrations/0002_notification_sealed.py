import mila.encrypted_fields
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='notification',
            name='sealed',
            field=mila.encrypted_fields.EncryptedTextField(blank=True, default='', help_text='Facts that open something, as JSON: a secret link, a code.'),
        ),
    ]
