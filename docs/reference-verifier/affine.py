"""Affine forms over the wires: a dictionary from wire (or ONE) to coefficient."""

from ristretto import ORDER

ONE = -1


class Form(dict):
    @staticmethod
    def wire(wire, coefficient=1):
        return Form({wire: coefficient % ORDER})

    @staticmethod
    def constant(value):
        return Form({ONE: value % ORDER})

    def __add__(self, other):
        if isinstance(other, int):
            other = Form.constant(other)
        result = Form(self)
        for wire, coefficient in other.items():
            result[wire] = (result.get(wire, 0) + coefficient) % ORDER
        return result

    def __mul__(self, factor):
        return Form({wire: coefficient * factor % ORDER for wire, coefficient in self.items()})

    def __sub__(self, other):
        return self + (-other if isinstance(other, int) else other * -1)

    __radd__, __rmul__ = __add__, __mul__
