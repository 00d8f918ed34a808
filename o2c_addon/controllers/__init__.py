from . import portal
from . import open_items
from . import question
from . import promise
from . import downloads
from . import acceptance
