from . import cycle_report
from . import difference_report
from . import comparison
from . import waiting
