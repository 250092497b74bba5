"""How much a team file may hold, so that a hostile or broken one keeps nobody waiting."""

from typing import Final

FILE_BYTES: Final = 2 * 1024 * 1024
TOTAL_BYTES: Final = 8 * 1024 * 1024
FILES: Final = 256
INCLUDE_DEPTH: Final = 8
TEMPLATE_DEPTH: Final = 16
VARIABLES: Final = 64
SECTIONS: Final = 20_000
EXPANDED_CHARACTERS: Final = 16 * 1024 * 1024
VALUE_CHARACTERS: Final = 4096
NAME_CHARACTERS: Final = 128
PATTERN_CHARACTERS: Final = 128
