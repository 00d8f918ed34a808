from . import renamed
from . import rush
from . import signed
