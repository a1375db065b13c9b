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
PIXELS = 16
"""Pixels tested for depth at a time."""
LINE = 64
"""Bytes that go past the caches at a time: a line of theirs."""

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


@_intrinsic
def unit_like(typing_context: Any, value: Any) -> tuple[Any, _Codegen]:  # noqa: ARG001
    """1 with the sign of a float32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        word = ir.IntType(32)
        sign = builder.and_(builder.bitcast(arguments[0], word), word(1 << 31))
        return builder.bitcast(builder.or_(sign, word(0x3F800000)), ir.FloatType())

    return types.float32(types.float32), generate


@_intrinsic
def choose_positive(
    typing_context: Any, first: Any, a: Any, b: Any, c: Any, d: Any  # noqa: ARG001
) -> tuple[Any, _Codegen]:  # fmt: skip
    """-1 if the first of five float32 is positive and so are a and b, or if all but a and b are negative; 0 otherwise.

    None of them is 0 or NaN. By their signs, because comparisons of vectors are few a cycle.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        word = ir.IntType(32)
        first, a, b, c, d = (builder.bitcast(argument, word) for argument in arguments)
        outside = builder.or_(first, builder.or_(a, b))
        inside = builder.and_(first, builder.and_(c, d))
        return builder.ashr(builder.or_(builder.not_(outside), inside), word(31))

    return types.int32(*[types.float32] * 5), generate


@_intrinsic
def bytes_to_line(typing_context: Any, row: Any) -> tuple[Any, _Codegen]:  # noqa: ARG001
    """Bytes from the start of a row to the first multiple of LINE."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0])
        address = ir.IntType(64)
        return builder.and_(builder.neg(builder.ptrtoint(array.data, address)), address(LINE - 1))

    return types.int64(row), generate


@_intrinsic
def stream_line(typing_context: Any, target: Any, to: Any, source: Any, start: Any) -> tuple[Any, _Codegen]:  # noqa: ARG001
    """Move LINE bytes past the caches: target[to] begins a line, and nobody reads it soon. Call `settle` afterwards."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        size = context.get_abi_sizeof(context.get_data_type(signature.args[0].dtype))
        there, _ = _block(context, builder, signature.args[0], arguments[0], arguments[1], LINE // size)
        here, _ = _block(context, builder, signature.args[2], arguments[2], arguments[3], LINE // size)
        store = builder.store(builder.load(here, align=size), there, align=LINE)
        store.set_metadata("nontemporal", builder.module.add_metadata([ir.IntType(32)(1)]))
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp), generate


@_intrinsic
def settle(typing_context: Any) -> tuple[Any, _Codegen]:  # noqa: ARG001
    """Have all that was streamed before be seen by other threads before whatever is written after."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generate


@_intrinsic
def move_block(typing_context: Any, target: Any, to: Any, source: Any, start: Any) -> tuple[Any, _Codegen]:  # noqa: ARG001
    """target[to : to + LANES] = source[start : start + LANES]; both contiguous, of one dtype."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        there, _ = _block(context, builder, signature.args[0], arguments[0], arguments[1], LANES)
        here, _ = _block(context, builder, signature.args[2], arguments[2], arguments[3], LANES)
        align = context.get_abi_sizeof(context.get_data_type(signature.args[0].dtype))
        builder.store(builder.load(here, align=align), there, align=align)
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp), generate


@_intrinsic
def move_part(
    typing_context: Any, target: Any, to: Any, source: Any, start: Any, count: Any  # noqa: ARG001
) -> tuple[Any, _Codegen]:  # fmt: skip
    """Like `move_block`, but only the first count samples; the rest of the block is written as it was."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        there, _ = _block(context, builder, signature.args[0], arguments[0], arguments[1], LANES)
        here, _ = _block(context, builder, signature.args[2], arguments[2], arguments[3], LANES)
        align = context.get_abi_sizeof(context.get_data_type(signature.args[0].dtype))
        lanes = ir.VectorType(ir.IntType(8), LANES)
        room = ir.Constant(lanes, ir.Undefined)
        wanted = builder.insert_element(room, builder.trunc(arguments[4], ir.IntType(8)), ir.IntType(32)(0))
        wanted = builder.shuffle_vector(wanted, room, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))
        moved = builder.icmp_unsigned("<", ir.Constant(lanes, list(range(LANES))), wanted)
        kept = builder.select(moved, builder.load(here, align=align), builder.load(there, align=align))
        builder.store(kept, there, align=align)
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp, types.intp), generate


@_intrinsic
def put_nearer(
    typing_context: Any, depth: Any, image: Any, i: Any, depths: Any, colours: Any, n: Any, count: Any  # noqa: ARG001
) -> tuple[Any, _Codegen]:  # fmt: skip
    """Where depths[n + k] < depth[i + k], k < count <= PIXELS: put that depth, and the three colours that go with it.

    Pixels up to i + PIXELS are read and written as they were, so they have to be there. Colours are packed.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        ours, _ = _block(context, builder, kinds[3], arguments[3], arguments[5], PIXELS)
        theirs, _ = _block(context, builder, kinds[0], arguments[0], arguments[2], PIXELS)
        z, old = builder.load(ours, align=4), builder.load(theirs, align=4)
        lanes = ir.VectorType(ir.IntType(32), PIXELS)
        room = ir.Constant(lanes, ir.Undefined)
        wanted = builder.insert_element(room, builder.trunc(arguments[6], ir.IntType(32)), ir.IntType(32)(0))
        wanted = builder.shuffle_vector(wanted, room, ir.Constant(lanes, [0] * PIXELS))
        wins = builder.icmp_unsigned("<", ir.Constant(lanes, list(range(PIXELS))), wanted)
        wins = builder.and_(wins, builder.fcmp_ordered("<", z, old))
        builder.store(builder.select(wins, z, old), theirs, align=4)
        sample = context.get_data_type(kinds[4].dtype)
        size = context.get_abi_sizeof(sample)
        # As masks, and in three parts of whole vectors: a choice by 48 bits has no instruction on many machines.
        wins = builder.sext(wins, ir.VectorType(sample, PIXELS))
        three = ir.IntType(64)(3)
        to, start = builder.mul(arguments[2], three), builder.mul(arguments[5], three)
        for part in range(3):
            beside = ir.IntType(64)(part * PIXELS)
            here, _ = _block(context, builder, kinds[4], arguments[4], builder.add(start, beside), PIXELS)
            there, _ = _block(context, builder, kinds[1], arguments[1], builder.add(to, beside), PIXELS)
            pixels = [(part * PIXELS + k) // 3 for k in range(PIXELS)]
            mask = builder.shuffle_vector(wins, ir.Constant(wins.type, ir.Undefined), ir.Constant(lanes, pixels))
            new, was = builder.load(here, align=size), builder.load(there, align=size)
            kept = builder.and_(was, builder.not_(mask))
            builder.store(builder.or_(builder.and_(new, mask), kept), there, align=size)
        return context.get_dummy_value()

    return types.void(depth, image, types.intp, depths, colours, types.intp, types.intp), generate


def _block(context: Any, builder: Any, kind: Any, argument: Any, start: Any, count: int) -> tuple[Any, Any]:
    """Where `count` items of an array begin, and the type of them all."""
    array = cgutils.create_struct_proxy(kind)(context, builder, argument)
    if context.enable_boundscheck:
        (size,) = cgutils.unpack_tuple(builder, array.shape)
        for index in (start, builder.add(start, start.type(count - 1))):
            cgutils.do_boundscheck(context, builder, index, size)
    block = ir.VectorType(context.get_data_type(kind.dtype), count)
    return builder.bitcast(builder.gep(array.data, [start]), block.as_pointer()), block
