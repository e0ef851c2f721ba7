"""People: who they are, what they can do, where and when they can do it."""

from accounts.calendar_rows import CalendarFeed, CalendarSource
from accounts.devices import PushSubscription
from accounts.models.calendar import CalendarEntry, CalendarEntryKind, WeeklyHours
from accounts.models.notification import Notification, NotificationState
from accounts.models.people import (
    LANGUAGE_BITS,
    LANGUAGES,
    AccountCode,
    CustomerProfile,
    Dispatcher,
    PartnerKind,
    PartnerProfile,
    Skill,
    Suspension,
    Technician,
    TechnicianSkill,
    User,
    UserManager,
    language_bits,
)
from accounts.models.search import FormerRow, SearchRowsCheck, SkillSearch
from accounts.notice_rows import Attempt, DeadAddress, NoticeChoice, Urgency

__all__ = [
    "LANGUAGES",
    "LANGUAGE_BITS",
    "AccountCode",
    "Attempt",
    "CalendarEntry",
    "CalendarEntryKind",
    "CalendarFeed",
    "CalendarSource",
    "CustomerProfile",
    "DeadAddress",
    "Dispatcher",
    "FormerRow",
    "NoticeChoice",
    "Notification",
    "NotificationState",
    "PartnerKind",
    "PartnerProfile",
    "PushSubscription",
    "SearchRowsCheck",
    "Skill",
    "SkillSearch",
    "Suspension",
    "Technician",
    "TechnicianSkill",
    "Urgency",
    "User",
    "UserManager",
    "WeeklyHours",
    "language_bits",
]
