# Values as tagged JSON; src/sandbox/tagged-value.ts lists the tags. Subclasses degrade to their base, so that a lying __eq__ does
# not cross; what is not data becomes an opaque value that equals nothing.
import collections
import decimal
import fractions

MAX_DEPTH = 150
MAX_ITEMS = 1_000_000
EXACT = 2 ** 53
DICTIONARIES = {'Counter': collections.Counter, 'OrderedDict': collections.OrderedDict}
VIEWS = (type({}.keys()), type({}.values()), type({}.items()))


class Unsendable(TypeError):
    pass


def encode(value, depth=0):
    if depth > MAX_DEPTH:
        raise Unsendable(f'the value is nested deeper than {MAX_DEPTH} levels')
    kind = type(value)
    below = depth + 1
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -EXACT < value < EXACT else {'i': hex(value)}
    if kind is float:
        return encode_float(value)
    if kind is list:
        return [encode(item, below) for item in value]
    if kind is tuple:
        return {'t': [encode(item, below) for item in value]}
    if kind is dict:
        return {'d': encode_pairs(value, below)}
    if kind is set:
        return {'s': [encode(item, below) for item in value]}
    if kind is frozenset:
        return {'z': [encode(item, below) for item in value]}
    if kind is bytes:
        return {'b': value.hex()}
    if kind is bytearray:
        return {'B': value.hex()}
    if kind is complex:
        return {'c': [encode_float(value.real), encode_float(value.imag)]}
    if kind is range:
        return {'r': [encode(part) for part in (value.start, value.stop, value.step)]}
    if kind is decimal.Decimal:
        return {'D': str(value)}
    if kind is fractions.Fraction:
        return {'F': [encode(value.numerator), encode(value.denominator)]}
    if kind is collections.deque:
        return {'q': [encode(item, below) for item in value]}
    return encode_other(value, kind, depth)


def encode_float(value):
    if value != value:
        return {'f': 'nan'}
    if value in (float('inf'), float('-inf')):
        return {'f': 'inf' if value > 0 else '-inf'}
    return value


def encode_pairs(value, depth):
    return [[encode(key, depth), encode(item, depth)] for key, item in dict.items(value)]


def encode_other(value, kind, depth):
    if issubclass(kind, dict):
        pairs = encode_pairs(value, depth + 1)
        return {'d': pairs, 'k': kind.__name__} if kind.__name__ in DICTIONARIES else {'d': pairs}
    for base, plain in ((int, int.__int__), (float, float.__float__), (str, str.__str__)):
        if issubclass(kind, base):
            return encode(plain(value), depth + 1)
    if issubclass(kind, tuple):
        return {'t': [encode(item, depth + 1) for item in tuple.__iter__(value)]}
    if issubclass(kind, list):
        return [encode(item, depth + 1) for item in list.__iter__(value)]
    if issubclass(kind, (set, frozenset)):
        return {'s': [encode(item, depth + 1) for item in value]}
    if hasattr(kind, '__next__') or kind in VIEWS:
        items = []
        for item in value:
            items.append(encode(item, depth + 1))
            if len(items) > MAX_ITEMS:
                raise Unsendable(f'the iterator gives more than {MAX_ITEMS} items')
        return {'g': items}
    try:
        truth = bool(value)
    except Exception:
        truth = True
    return {'x': [kind.__name__, truth]}


class Opaque:
    """A value of the solution that is not data: true or false, and equal to nothing."""
    __slots__ = ('name', 'truth')
    __hash__ = None

    def __init__(self, name, truth):
        self.name = name
        self.truth = truth

    def __bool__(self):
        return self.truth

    def __eq__(self, other):
        return False

    def __ne__(self, other):
        return True

    def __repr__(self):
        return f'<opaque {self.name}>'


def decode(value):
    if type(value) is list:
        return [decode(item) for item in value]
    if type(value) is not dict:
        return value
    if 'd' in value:
        pairs = {decode(key): decode(item) for key, item in value['d']}
        return DICTIONARIES[value['k']](pairs) if value.get('k') in DICTIONARIES else pairs
    (tag, content), = value.items()
    return DECODERS[tag](content)


def decode_items(content):
    return [decode(item) for item in content]


DECODERS = {
    'i': lambda content: int(content, 16),
    'f': float,
    't': lambda content: tuple(decode_items(content)),
    'o': lambda content: {key: decode(item) for key, item in content},
    's': lambda content: set(decode_items(content)),
    'z': lambda content: frozenset(decode_items(content)),
    'b': bytes.fromhex,
    'B': bytearray.fromhex,
    'c': lambda content: complex(*decode_items(content)),
    'r': lambda content: range(*decode_items(content)),
    'D': decimal.Decimal,
    'F': lambda content: fractions.Fraction(*decode_items(content)),
    'q': lambda content: collections.deque(decode_items(content)),
    'g': lambda content: iter(decode_items(content)),
    'u': lambda content: None,
    'h': lambda content: None,
    'x': lambda content: Opaque(str(content[0]), bool(content[1])),
}
