"""ministack with the corrections, until it is ended."""

import corrections
from ministack.app import main

corrections.apply()
main()
