from . import approval_answer
from . import billing_skip
from . import customer_answer
from . import delivery_stop
from . import dispute_answer
from . import hold_open
from . import release
from . import measure
