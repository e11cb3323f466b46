"""Eight float64 at once inside a kernel: one number for each of eight particles.

The sums of the expansion take the same steps for every particle, so a kernel takes them for eight particles together.
`Lanes` is a type that numba's compiler sees as one vector of eight numbers; the functions below are single
instructions on it. They are written out because a compiler without fast-math may not turn the sums themselves into
vector instructions; and because no sum runs across lanes, a particle's numbers do not depend on its companions, on the
threads or on the vector length of the processor.

Arrays are flat and C-contiguous; `at` counts eights: lane k of the vector `at` is ``array[8 * at + k]``.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped,unused-ignore]
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

import lammps_glass.compiled  # noqa: F401  (sets numba's cache folder)

LANES = 8
_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_ALIGNMENT = 8  # of one number: the caller need not align arrays, though aligned ones are faster


class _LanesType(types.Type):  # type: ignore[misc,name-defined,unused-ignore]
    def __init__(self) -> None:
        super().__init__(name="Lanes")


Lanes = _LanesType()


@register_model(_LanesType)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc,name-defined,unused-ignore]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


def _address(context: Any, builder: Any, array_type: Any, array: Any, at: Any) -> Any:
    data = context.make_array(array_type)(context, builder, value=array).data
    first = builder.mul(at, ir.Constant(at.type, LANES))
    return builder.bitcast(builder.gep(data, [first]), _VECTOR.as_pointer())


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def load(typing: Any, array: Any, at: Any) -> Any:
    """The vector `at` of a float64 array."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_address(context, builder, signature.args[0], *args), align=_ALIGNMENT)

    return Lanes(array, types.intp), generate


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def store(typing: Any, array: Any, at: Any, value: Any) -> Any:
    """Write the vector `at` of a float64 array."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _address(context, builder, signature.args[0], *args[:2]), align=_ALIGNMENT)
        return context.get_dummy_value()

    return types.void(array, types.intp, Lanes), generate


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def fill(typing: Any, number: Any) -> Any:
    """The same number in all lanes."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), args[0], ir.Constant(ir.IntType(32), 0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(one, ir.Constant(_VECTOR, ir.Undefined), everywhere)

    return Lanes(types.float64), generate


def _binary(instruction: str, doc: str) -> Any:
    def typed(typing: Any, a: Any, b: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return getattr(builder, instruction)(*args)

        return Lanes(Lanes, Lanes), generate

    typed.__doc__ = doc
    return intrinsic(typed)


add = _binary("fadd", "a + b")
subtract = _binary("fsub", "a - b")
multiply = _binary("fmul", "a b")
divide = _binary("fdiv", "a / b")


def _call(builder: Any, name: str, args: Any) -> Any:
    function_type = ir.FunctionType(_VECTOR, [_VECTOR] * len(args))
    function = cgutils.get_or_insert_function(builder.module, function_type, f"llvm.{name}.v{LANES}f64")
    return builder.call(function, args)


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def multiply_add(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c, in one instruction where the processor has it."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _call(builder, "fmuladd", args)

    return Lanes(Lanes, Lanes, Lanes), generate


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def square_root(typing: Any, a: Any) -> Any:
    """sqrt(a)"""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _call(builder, "sqrt", args)

    return Lanes(Lanes), generate


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def larger(typing: Any, a: Any, b: Any) -> Any:
    """The larger of a and b in each lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *args), *args)

    return Lanes(Lanes, Lanes), generate
