"""What Numba has no words for: many bytes compared at once, and samples moved in blocks, wherever they lie.

Plain LLVM vectors, which every target lowers to what it has; bit n of a mask is lane n on little-endian machines.
Indices are checked like Numba's own: only where the environment asks for it (NUMBA_BOUNDSCHECK).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 32
"""Codes compared, and samples moved, at a time."""
ALL_LANES = (1 << LANES) - 1

_Codegen = Callable[..., Any]
# A typed name: Numba's own says that these functions take types, and their callers hand over values.
_intrinsic: Callable[[Callable[..., tuple[Any, _Codegen]]], Any] = intrinsic


@_intrinsic
def equal_codes(typing_context: Any, codes: Any, start: Any, value: Any) -> tuple[Any, _Codegen]:  # noqa: ARG001
    """Bit n is set where codes[start + n] == value, n < LANES; codes are uint8."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        here, block = _block(context, builder, signature.args[0], arguments[0], arguments[1], LANES)
        value = builder.trunc(arguments[2], ir.IntType(8))
        one = builder.insert_element(ir.Constant(block, ir.Undefined), value, ir.IntType(32)(0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        everywhere = builder.shuffle_vector(one, ir.Constant(block, ir.Undefined), lanes)
        equal = builder.icmp_unsigned("==", builder.load(here, align=1), everywhere)
        return builder.zext(builder.bitcast(equal, ir.IntType(LANES)), ir.IntType(64))

    return types.int64(codes, types.intp, types.intp), generate


@_intrinsic
def lowest_bit(typing_context: Any, mask: Any) -> tuple[Any, _Codegen]:  # noqa: ARG001
    """The number of the lowest set bit of an integer that is not 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return types.int64(types.int64), generate


def _mover(count: int) -> Any:
    @_intrinsic
    def move(typing_context: Any, target: Any, to: Any, source: Any, start: Any) -> tuple[Any, _Codegen]:  # noqa: ARG001
        """target[to : to + count] = source[start : start + count]; both contiguous, of one dtype."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            there, _ = _block(context, builder, signature.args[0], arguments[0], arguments[1], count)
            here, _ = _block(context, builder, signature.args[2], arguments[2], arguments[3], count)
            align = context.get_abi_sizeof(context.get_data_type(signature.args[0].dtype))
            builder.store(builder.load(here, align=align), there, align=align)
            return context.get_dummy_value()

        return types.void(target, types.intp, source, types.intp), generate

    return move


move_block, move_eight, move_one = _mover(LANES), _mover(8), _mover(1)


def _block(context: Any, builder: Any, kind: Any, argument: Any, start: Any, count: int) -> tuple[Any, Any]:
    """Where `count` items of an array begin, and the type of them all."""
    array = cgutils.create_struct_proxy(kind)(context, builder, argument)
    if context.enable_boundscheck:
        (size,) = cgutils.unpack_tuple(builder, array.shape)
        for index in (start, builder.add(start, start.type(count - 1))):
            cgutils.do_boundscheck(context, builder, index, size)
    block = ir.VectorType(context.get_data_type(kind.dtype), count)
    return builder.bitcast(builder.gep(array.data, [start]), block.as_pointer()), block
