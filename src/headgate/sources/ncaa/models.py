"""What the directory holds, typed: the columns of the database and what they mean.

A field reads the upstream's name for it (its alias) or its own. Unknown fields are ignored, a wrong type is an error of
the row. There is no field for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, PrivateAttr, model_validator

from headgate.quality import RowRule, Severity
from headgate.sources.ncaa.enums import GENDER_BY_LETTER, Division, Gender
from headgate.sources.ncaa.fields import (
    CalendarYear,
    ConferenceId,
    DivisionCode,
    Name,
    OptionalDivision,
    OptionalSubdivision,
    OptionalText,
    OptionalYesNo,
    OrgId,
    Private,
    SportCode,
    StateCode,
    Status,
    Url,
    YearOfProcess,
)


class NCAAModel(BaseModel):
    """Base of all models of the directory: immutable, and open to fields that are not known yet."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Organisation(NCAAModel):
    """A school or a conference: it remembers what stood in the place of a web site and is no URL."""

    org_id: OrgId = Field(validation_alias="orgId", description="Id in the directory.")
    name: Name = Field(validation_alias="nameOfficial", description="Official name.")
    website: Url = Field(None, validation_alias="webSiteUrl", description="Site of the institution.")
    athletics_website: Url = Field(None, validation_alias="athleticWebUrl", description="Site of the athletics.")

    _unusable_urls: tuple[str, ...] = PrivateAttr(())

    @property
    def unusable_urls(self) -> tuple[str, ...]:
        """What stood in the place of a web site and is no URL."""
        return self._unusable_urls

    @model_validator(mode="wrap")
    @classmethod
    def _remember_unusable_urls(cls, row: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        model = handler(row)
        if isinstance(row, Mapping) and (model.website is None or model.athletics_website is None):
            given = (
                (model.website, "webSiteUrl", "website"),
                (model.athletics_website, "athleticWebUrl", "athletics_website"),
            )
            texts = [row.get(alias, row.get(name)) for url, alias, name in given if url is None]
            unusable = tuple(text for text in texts if isinstance(text, str) and text.strip())
            model._unusable_urls = unusable  # noqa: SLF001 - of this very class
        return model


USABLE_URLS = RowRule(
    name="usable_url",
    validator=lambda row: not row.unusable_urls,
    error_message="a web site is not a usable URL, so it was left out",
    severity=Severity.WARNING,
    fields=("unusable_urls",),
)
"""Reports the web sites that were left out because they are no URL, or several in one."""


class School(Organisation):
    """An active member school. The academic year of the listing is not kept: it says nothing about the school."""

    deactivated: OptionalYesNo = Field(None, validation_alias="deactive", description="No longer active.")
    division: DivisionCode = Field(description="Division it plays in.")
    subdivision: OptionalSubdivision = Field(None, description="Subdivision of Division I, where one is stated.")
    conference_id: ConferenceId | None = Field(
        None, validation_alias="conferenceId", description="Its conference; 0 for independents."
    )
    state: StateCode = Field(None, validation_alias="memberOrgAddress", description="State, or province of Canada.")
    region: OptionalText = Field(None, validation_alias="sportRegion", description="Region it plays in.")
    private: OptionalYesNo = Field(None, validation_alias="privateFlag", description="Private, not public.")
    hbcu: OptionalYesNo = Field(
        None, validation_alias="historicallyBlackFlag", description="Historically Black college or university."
    )
    provisional: OptionalYesNo = Field(None, validation_alias="provisionalMember", description="Provisional member.")
    nickname: OptionalText = Field(None, description="Name of its teams, where the listing has it.")
    acronym: OptionalText = Field(None, description="Acronym, where the listing has it.")
    pronunciation: OptionalText = Field(None, validation_alias="namePronunciation", description="How the name is said.")
    reclass_division: OptionalDivision = Field(
        None, validation_alias="reclassDivision", description="Division it is moving to."
    )
    reclass_subdivision: OptionalSubdivision = Field(
        None, validation_alias="reclassSubdivision", description="Subdivision it is moving to."
    )
    reclass_process_year: YearOfProcess = Field(
        None, validation_alias="reclassYear", description="Year of the process of moving, counted from 0."
    )
    reclass_calendar_year: CalendarYear = Field(
        None,
        validation_alias="reclassYear",
        description="Calendar year of the move, where the listing has that instead.",
    )


class Conference(NCAAModel):
    """A conference, as its members name it. Id 0 stands for the members that belong to none."""

    org_id: ConferenceId = Field(validation_alias="conferenceId", description="Id in the directory; 0: independent.")
    name: Name = Field(validation_alias="conferenceName", description="Name.")
    divisions: list[DivisionCode] = Field(description="Divisions its members play in, sorted.")


class Sport(NCAAModel):
    """A sport of the sport list."""

    code: SportCode = Field(
        validation_alias="value", description="Code, unique in the sport list but for repeated rows."
    )
    name: Name = Field(validation_alias="label", description="Name.")
    gender: Gender = Field(description="Men, women or mixed: the first letter of the code.")
    active: OptionalYesNo = Field(None, description="Always empty so far.")

    @model_validator(mode="before")
    @classmethod
    def _gender_from_code(cls, row: Any) -> Any:
        if not isinstance(row, Mapping) or "gender" in row:
            return row
        code = row.get("value", row.get("code"))
        letter = code[:1] if isinstance(code, str) else ""
        # a code that begins with another letter is an error of the code: the gender must not add a second one
        return {**row, "gender": GENDER_BY_LETTER.get(letter, Gender.MIXED)}


class SponsoredSport(NCAAModel):
    """A sport that a school sponsors."""

    sport: Name = Field(description="Name of the sport, as in the sport list.")
    code: str | None = Field(None, description="Sport code, where the sport list has this name.")
    division: Division | None = Field(None, description="Division it is played in.")
    conference_id: ConferenceId | None = Field(None, description="Conference it is played in.")


class OrgDetail(Organisation):
    """What the pages of schools and conferences have in common."""

    nickname: OptionalText = Field(None, description="Name of the teams.")
    logo_url: Url = Field(None, description="Address of the logo.")
    address_html: OptionalText = Field(None, description="The address, as the page has it: HTML.")
    city: OptionalText = Field(None, description="City of the address.")
    state: OptionalText = Field(None, description="State of the address, as written.")
    postal_code: OptionalText = Field(None, description="ZIP code of the address.")
    division: OptionalDivision = Field(None, description="Division.")
    membership_status: Status = Field(None, description="How it stands.")
    since: OptionalText = Field(None, description="Member since, as written.")
    facebook: Url = Field(None, description="Facebook page of the institution.")
    twitter: Url = Field(None, description="Twitter page of the institution.")
    instagram: Url = Field(None, description="Instagram page of the institution.")
    athletics_facebook: Url = Field(None, description="Facebook page of the athletics.")
    athletics_twitter: Url = Field(None, description="Twitter page of the athletics.")
    athletics_instagram: Url = Field(None, description="Instagram page of the athletics.")


class SchoolDetail(OrgDetail):
    """The page of a school."""

    subdivision: OptionalSubdivision = Field(None, description="Subdivision of Division I, where one is stated.")
    conference_id: ConferenceId | None = Field(None, description="Its conference; 0 for independents.")
    private: Private = Field(None, description="Private, not public.")
    hbcu: OptionalYesNo = Field(None, description="Historically Black college or university.")
    pronunciation: OptionalText = Field(None, description="How the name is said.")
    sponsored_sports: list[SponsoredSport] = Field(description="The sports it sponsors, each once, by name.")


class ConferenceDetail(OrgDetail):
    """The page of a conference."""
