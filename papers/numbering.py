"""Numbers without gaps: one counter for each issuer and year, held until the paper that has the
number is stored.
"""

from papers.models import Series


def next_serial(name: str, year: int) -> int:
    """The next number of the series. Its row stays locked until the end of the transaction
    (fault M23).

    Given up with the transaction, the number is given again. Whoever needs several series takes
    them by their names.
    """
    Series.objects.bulk_create([Series(name=name, year=year)], ignore_conflicts=True)
    series = Series.objects.select_for_update().get(name=name, year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return series.last
