"""Words of the screens, put together."""


def within(env, label):
    """A translated ``label`` in the middle of a sentence; German keeps its capitals."""
    return label if (env.lang or "").startswith("de") else label.lower()


def beginning(words):
    """These ``words`` where they begin a sentence."""
    return words[:1].upper() + words[1:]
