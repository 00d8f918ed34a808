from . import cycle_report
from . import difference_report
from . import comparison
from . import waiting
from . import figures
from . import dashboard
from . import causes
from . import shortage
