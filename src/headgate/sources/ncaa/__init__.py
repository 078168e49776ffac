"""The NCAA member directory."""

from headgate.sources.ncaa.data import NCAAData
from headgate.sources.ncaa.enums import Division, Gender, MembershipStatus, Subdivision
from headgate.sources.ncaa.extractor import RobustNCAExtractor
from headgate.sources.ncaa.models import Conference, ConferenceDetail, School, SchoolDetail, SponsoredSport, Sport
from headgate.sources.ncaa.states import State
from headgate.sources.ncaa.urls import normalise_url

__all__ = [
    "Conference",
    "ConferenceDetail",
    "Division",
    "Gender",
    "MembershipStatus",
    "NCAAData",
    "RobustNCAExtractor",
    "School",
    "SchoolDetail",
    "SponsoredSport",
    "Sport",
    "State",
    "Subdivision",
    "normalise_url",
]
