"""Schools with a location, the institution that each is, and figures with their sources: without any network."""

import asyncio
import csv
import sys

from headgate.enrich import DataEnricher
from headgate.enrich.providers import EADAProvider, InstitutionsProvider, read_institutions


async def main(schools_path: str, institutions_path: str, athletics_path: str) -> None:
    with open(schools_path, newline="") as file:  # noqa: ASYNC230, PTH123 - a small file, read before anything runs
        schools = list(csv.DictReader(file))
    institutions = await read_institutions(institutions_path)
    enricher = DataEnricher(institutions, [InstitutionsProvider(institutions), EADAProvider(athletics_path)])
    for school in await enricher.enrich_schools(schools):
        print(school.school["name"], "is", school.match.institution_id, f"({school.match.kind})")
        for field, value in school.values.items():
            print(f"  {field}: {value.value}, says {value.source}, confidence {value.confidence}")
        if school.location is not None and school.location.latitude is not None:
            print(f"  in {school.location.city}, near {school.location.latitude}, {school.location.longitude}")
    for warning in enricher.warnings:
        print("warning:", warning)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
