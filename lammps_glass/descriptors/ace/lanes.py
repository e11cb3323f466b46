"""Eight float64 at once inside a kernel: one number for each of eight particles.

The sums of the expansion take the same steps for every particle, so a kernel takes them for eight particles together.
`Lanes` is a type that numba's compiler sees as one vector of eight numbers; the functions below are single
instructions on it. They are written out because a compiler without fast-math may not turn the sums themselves into
vector instructions; and because no sum runs across lanes, a particle's numbers do not depend on its companions, on the
threads or on the vector length of the processor.

Arrays are flat and C-contiguous; `at` counts eights: lane k of the vector `at` is ``array[8 * at + k]``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llvmlite import ir  # type: ignore[import-untyped,unused-ignore]
from numba.core import cgutils, types
from numba.core.base import BaseContext as TargetContext
from numba.core.typing import BaseContext as TypingContext, Signature
from numba.extending import intrinsic, models, register_model

import lammps_glass.compiled  # noqa: F401  (sets numba's cache folder)

Values = Sequence[ir.Value]
#: What numba asks of an intrinsic: its signature, and the function that writes its instructions.
Typed = tuple[Signature, Callable[[TargetContext, ir.IRBuilder, Signature, Values], ir.Value]]

LANES = 8
_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_ALIGNMENT = 8  # of one number: the caller need not align arrays, though aligned ones are faster


class _LanesType(types.Type):  # type: ignore[misc,name-defined,unused-ignore]
    def __init__(self) -> None:
        super().__init__(name="Lanes")


Lanes = _LanesType()


@register_model(_LanesType)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc,name-defined,unused-ignore]
    def __init__(self, manager: models.DataModelManager, kind: types.Type) -> None:
        super().__init__(manager, kind, _VECTOR)


def _address(
    context: TargetContext, builder: ir.IRBuilder, array_type: types.Type, array: ir.Value, at: ir.Value
) -> ir.Value:
    data = context.make_array(array_type)(context, builder, value=array).data
    first = builder.mul(at, ir.Constant(at.type, LANES))
    return builder.bitcast(builder.gep(data, [first]), _VECTOR.as_pointer())


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def load(typing: TypingContext, array: types.Type, at: types.Type) -> Typed:
    """Load the vector `at` of a float64 array."""

    def _generate(context: TargetContext, builder: ir.IRBuilder, signature: Signature, args: Values) -> ir.Value:
        return builder.load(_address(context, builder, signature.args[0], *args), align=_ALIGNMENT)

    return Lanes(array, types.intp), _generate


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def store(typing: TypingContext, array: types.Type, at: types.Type, value: types.Type) -> Typed:
    """Store the vector `at` of a float64 array."""

    def _generate(context: TargetContext, builder: ir.IRBuilder, signature: Signature, args: Values) -> ir.Value:
        builder.store(args[2], _address(context, builder, signature.args[0], *args[:2]), align=_ALIGNMENT)
        return context.get_dummy_value()

    return types.void(array, types.intp, Lanes), _generate


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def fill(typing: TypingContext, number: types.Type) -> Typed:
    """Put the same number in all lanes."""

    def _generate(context: TargetContext, builder: ir.IRBuilder, signature: Signature, args: Values) -> ir.Value:
        one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), args[0], ir.Constant(ir.IntType(32), 0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(one, ir.Constant(_VECTOR, ir.Undefined), everywhere)

    return Lanes(types.float64), _generate


def _binary(instruction: str, doc: str) -> Callable[[float, float], float]:
    def _typed(typing: TypingContext, a: types.Type, b: types.Type) -> Typed:
        def _generate(context: TargetContext, builder: ir.IRBuilder, signature: Signature, args: Values) -> ir.Value:
            return getattr(builder, instruction)(*args)

        return Lanes(Lanes, Lanes), _generate

    _typed.__doc__ = doc
    operation: Callable[[float, float], float] = intrinsic(_typed)
    return operation


add = _binary("fadd", "Add a and b.")
subtract = _binary("fsub", "Subtract b from a.")
multiply = _binary("fmul", "Multiply a and b.")
divide = _binary("fdiv", "Divide a by b.")


def _call(builder: ir.IRBuilder, name: str, args: Values) -> ir.Value:
    function_type = ir.FunctionType(_VECTOR, [_VECTOR] * len(args))
    function = cgutils.get_or_insert_function(builder.module, function_type, f"llvm.{name}.v{LANES}f64")
    return builder.call(function, args)


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def multiply_add(typing: TypingContext, a: types.Type, b: types.Type, c: types.Type) -> Typed:
    """Compute a b + c, in one instruction where the processor has it."""

    def _generate(context: TargetContext, builder: ir.IRBuilder, signature: Signature, args: Values) -> ir.Value:
        return _call(builder, "fmuladd", args)

    return Lanes(Lanes, Lanes, Lanes), _generate


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def square_root(typing: TypingContext, a: types.Type) -> Typed:
    """Take the square root of each lane."""

    def _generate(context: TargetContext, builder: ir.IRBuilder, signature: Signature, args: Values) -> ir.Value:
        return _call(builder, "sqrt", args)

    return Lanes(Lanes), _generate


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def larger(typing: TypingContext, a: types.Type, b: types.Type) -> Typed:
    """Take the larger of a and b in each lane."""

    def _generate(context: TargetContext, builder: ir.IRBuilder, signature: Signature, args: Values) -> ir.Value:
        return builder.select(builder.fcmp_ordered(">", *args), *args)

    return Lanes(Lanes, Lanes), _generate
