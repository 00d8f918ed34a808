from . import approval_answer
from . import delivery_stop
