"""tmp"""


class Sale: ...


def load(name):
    raise KeyError(name)
