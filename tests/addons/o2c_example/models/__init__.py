from . import rush
from . import signed
