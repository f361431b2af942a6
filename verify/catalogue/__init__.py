"""What the suite knows, as data: where settings lie, upstream defaults, controls, frameworks."""

from verify.catalogue.controls import Control, controls
from verify.catalogue.defaults import Default, defaults
from verify.catalogue.places import Places, places

__all__ = ["Control", "Default", "Places", "controls", "defaults", "places"]
