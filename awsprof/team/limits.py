"""How much a team file may hold, so that a hostile or broken one takes no more than seconds."""

from typing import Final

MAX_FILE_BYTES: Final = 2 * 1024 * 1024
MAX_TOTAL_BYTES: Final = 4 * 1024 * 1024
MAX_FILES: Final = 256
MAX_INCLUDE_DEPTH: Final = 8
MAX_TEMPLATE_DEPTH: Final = 16
MAX_VARIABLES: Final = 64
MAX_ACCOUNT_KEYS: Final = 64
MAX_SECTIONS: Final = 20_000
MAX_COMPARISONS: Final = 4_000_000  # of an account or role with a pattern of for_each
MAX_EXPANDED_CHARACTERS: Final = 4 * 1024 * 1024
MAX_VALUE_CHARACTERS: Final = 4096
MAX_NAME_CHARACTERS: Final = 128
MAX_PATTERN_CHARACTERS: Final = 128
