// What a launch has to do: bytes of the tensors it touches, and floating-point operations where the record tells them.
// Leaves out attention's operations, which depend on sequence lengths in device memory.
import type { RecordFields } from './record-fields.ts';
import { KERNELS } from './records.ts';

export interface Work {
  /** Read and written, each tensor once. */
  bytes: number;
  /** A fused multiply-add counts as two. Undefined where the record does not tell. */
  flops: number | undefined;
}

const operations: Record<string, (fields: RecordFields) => number> = {
  gemm: ({ m, n, k }) => 2 * m! * n! * k!,
  gradWeight: ({ rows, n, k }) => 2 * rows! * n! * k!,
  matMul: ({ batch, m, n, k }) => 2 * batch! * m! * n! * k!,
  storedGemm: ({ m, k, n0, n1, n2 }) => 2 * m! * k! * (n0! + n1! + n2!),
  tokenLogProbs: ({ rows, c, v }) => 2 * rows! * c! * v!,
  tokenLogProbsGrad: headGradient,
  topTokenLogProbs: ({ rows, c, v }) => 2 * rows! * c! * v!,
  headDivergence: ({ rows, c, teacherC, v }) => 4 * rows! * (c! + teacherC!) * v!, // logits twice
  headDivergenceGrad: (fields) => headGradient(fields) + 2 * fields.rows! * fields.teacherC! * fields.v!,
};

function headGradient({ rows, c, v, dHidden, dWeight }: RecordFields): number {
  return 2 * rows! * c! * v! * (1 + (dHidden === 0 ? 0 : 1) + (dWeight === 0 ? 0 : 1));
}

/** Kernels that find their tensors in a table: bytes an element. */
const listed: Record<string, number> = { adamW: 28, globalNorm: 4 };

/** @param kernel index into KERNELS */
export function workOf(kernel: number, fields: RecordFields): Work {
  const { name, fields: declared } = KERNELS[kernel]!;
  let bytes = (listed[name] ?? 0) * (fields.elements ?? 0);
  for (const field of declared) {
    if (field.type !== 'address' || fields[field.name] === 0) continue;
    bytes += (field.bytes?.(fields) ?? 0) * (field.access === 'inout' ? 2 : 1);
  }
  return { bytes, flops: operations[name]?.(fields) };
}
