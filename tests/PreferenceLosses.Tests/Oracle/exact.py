"""The exact backend: vectors of 700-digit numbers that know how to differentiate what was computed from them.

Every formula below is the textbook one. They may be naive because of the digits: the smallest double is 5e-324, so
1 - sigmoid(z) or 1 + exp(-z) keeps more than 17 correct digits of anything a double can hold, even after a
multiplication by 1e300. There is no overflow either; only rounding the end result to a double can give 0 or inf.

At kinks the derivative is PyTorch's: relu'(0) = abs'(0) = 0, clamp_min is 1 where the value is kept (the bound
included), and the standard deviation of equal numbers has derivative 0.
"""

from itertools import count

from mpmath import mp, mpf

mp.dps = 700

kink_distances = []    # how far every number that decided a branch was from deciding otherwise
_numbers = count()


class Vector:
    """One value per row, or a single value for the whole batch.

    `edges` lists (operand, slopes). Operand, slopes and result may differ in length; the shorter one repeats. That one
    rule covers elementwise operations, broadcasting, reductions and concatenation. A third part of an edge lists which
    value of the operand each value of the result was taken from (or pairs of places, the result's first).
    """

    def __init__(self, values, *edges):
        self.values = [mpf(value) for value in values]
        self.edges = edges
        self.number = next(_numbers)
        self.adjoint = [mpf(0)] * len(self.values)

    def __neg__(self):
        return -1 * self

    def __add__(self, other):
        a, b = _align(self, other)
        return Vector([u + v for u, v in zip(a, b)], (self, [1]), (other, [1]))

    def __mul__(self, other):
        a, b = _align(self, other)
        return Vector([u * v for u, v in zip(a, b)], (self, b), (other, a))

    def __truediv__(self, other):
        a, b = _align(self, other)
        return Vector([u / v for u, v in zip(a, b)],
                      (self, [1 / v for v in b]), (other, [-u / v ** 2 for u, v in zip(a, b)]))

    def __pow__(self, n):
        return Vector([u ** n for u in self.values], (self, [n * u ** (n - 1) for u in self.values]))

    def __rpow__(self, base):
        powers = [mpf(base) ** u for u in self.values]
        return Vector(powers, (self, [power * mp.log(base) for power in powers]))

    def __sub__(self, other):
        return self + -1 * other

    def __rsub__(self, other):
        return other + -1 * self

    __radd__, __rmul__ = __add__, __mul__

    def __lt__(self, other):
        return [sign < 0 for sign in _signs(self - other)]

    def __gt__(self, other):
        return [sign > 0 for sign in _signs(self - other)]


def _align(a, b):
    """The values of both operands, the shorter one repeated."""
    a, b = (operand.values if isinstance(operand, Vector) else [mpf(operand)] for operand in (a, b))
    length = max(len(a), len(b))
    return a * (length // len(a)), b * (length // len(b))


def _signs(u):
    kink_distances.extend(mp.fabs(v) for v in u.values)
    return [mp.sign(v) for v in u.values]


BEYOND = 10 ** 5    # e ** -BEYOND is 0 in a double even after a multiplication by e ** 10000, and not among 700 digits beside 1


def _sigmoid(v):
    return 1 / (1 + mp.exp(-v)) if mp.fabs(v) < BEYOND else mpf(v > 0)


def _softplus(v):
    return mp.log(1 + mp.exp(v)) if mp.fabs(v) < BEYOND else max(v, mpf(0))


def sigmoid(u):
    return Vector(map(_sigmoid, u.values), (u, [_sigmoid(v) * _sigmoid(-v) for v in u.values]))


def softplus(u):
    return Vector(map(_softplus, u.values), (u, [_sigmoid(v) for v in u.values]))


def exp(u):
    values = [mp.exp(v) for v in u.values]
    return Vector(values, (u, values))


def abs(u):
    signs = _signs(u)
    return Vector([v * s for v, s in zip(u.values, signs)], (u, signs))


def relu(u):
    positive = [s > 0 for s in _signs(u)]
    return Vector([v * p for v, p in zip(u.values, positive)], (u, positive))


def clamp_min(u, bound):
    kept = [s >= 0 for s in _signs(u - bound)]
    return Vector([v if k else bound for v, k in zip(u.values, kept)], (u, kept))


def clamp(u, low, high):
    return where([s >= 0 for s in _signs(u - low)], where([s <= 0 for s in _signs(u - high)], u, Vector([high])), Vector([low]))


def log(u):
    return Vector([mp.log(v) for v in u.values], (u, [1 / v for v in u.values]))


def log1m(u):
    return log(1 - u)


def scalar_log(number):
    return mp.log(number)


def row(u):
    return u


def numbers(u):
    return u.values


def detach(u):
    return Vector(u.values)


def order(u):
    """Positions in ascending order; equal values keep theirs."""
    return sorted(range(len(u.values)), key=u.values.__getitem__)


def take(u, positions):
    return Vector([u.values[i] for i in positions], (u, [1], positions))


def logsumexp(u):
    return log(sum(exp(u)))


def where(condition, a, b):
    n = len(condition)
    pairs = zip(condition, a.values * (n // len(a.values)), b.values * (n // len(b.values)))
    return Vector([u if c else v for c, u, v in pairs], (a, condition), (b, [not c for c in condition]))


def cat(vectors):
    result, edges = [], []
    for vector in vectors:
        places = range(len(result), len(result) + len(vector.values))
        result += vector.values
        edges.append((vector, [1], [(place, i) for i, place in enumerate(places)]))
    return Vector(result, *edges)


def countdown(u):
    """..., 2, 1, 0: one number per row of u."""
    return Vector(reversed(range(len(u.values))))


def sum(u):
    return Vector([mp.fsum(u.values)], (u, [1]))


def _mean(values):
    return values[0] + mp.fsum(v - values[0] for v in values) / len(values)    # exact when all values are equal


def mean(u):
    return Vector([_mean(u.values)], (u, [mpf(1) / len(u.values)]))


def var(u):
    centre, n = _mean(u.values), len(u.values)
    return Vector([mp.fsum((v - centre) ** 2 for v in u.values) / (n - 1)],
                  (u, [2 * (v - centre) / (n - 1) for v in u.values]))


def std(u):
    centre, n = _mean(u.values), len(u.values)
    deviation = mp.sqrt(mp.fsum((v - centre) ** 2 for v in u.values) / (n - 1))
    return Vector([deviation],
                  (u, [(v - centre) / ((n - 1) * deviation) if deviation else 0 for v in u.values]))


def backward(output):
    """Adds the derivative of `output`, a single value, to the adjoint of every vector it was computed from."""
    reached, waiting = {}, [output]
    while waiting:
        vector = waiting.pop()
        if isinstance(vector, Vector) and vector.number not in reached:
            reached[vector.number] = vector
            waiting += [edge[0] for edge in vector.edges]

    output.adjoint = [mpf(1)]
    for vector in (reached[number] for number in sorted(reached, reverse=True)):
        for operand, slopes, *places in vector.edges:
            if isinstance(operand, Vector) and places:
                for i, place in enumerate(places[0]):
                    here, there = place if isinstance(place, tuple) else (i, place)
                    operand.adjoint[there] += vector.adjoint[here] * slopes[0]
            elif isinstance(operand, Vector):
                n, m = len(vector.values), len(operand.values)
                for i in range(max(n, m)):
                    operand.adjoint[i % m] += vector.adjoint[i % n] * slopes[i % len(slopes)]
