from . import approval_answer
