"""What the program was told: the configuration file and the environment."""

from bot.settings.configuration import Configuration
from bot.settings.environment import Environment, variable_names
from bot.settings.loading import Settings, load, parse, read
from bot.settings.mistakes import SettingsError

__all__ = ["Configuration", "Environment", "Settings", "SettingsError", "load", "parse", "read", "variable_names"]
