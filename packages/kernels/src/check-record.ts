// Check mode (THINKWRIGHT_CHECK=1): before a record runs, every address in it must lie in a held block with enough bytes
// behind it for what the kernel touches, as native/records.json states it.
import type { Allocator } from './allocator.ts';
import { KernelError } from './errors.ts';
import { fieldsOf } from './record-fields.ts';
import { KERNELS } from './records.ts';

/** `rmsNorm(x @17, out @23, rows 4, columns 8)`. */
export function describeRecord(words: Int32Array, floats: Float32Array, at: number): string {
  const kernel = KERNELS[words[at]!];
  if (kernel === undefined) return `kernel ${words[at]}`;
  const fields = fieldsOf(words, floats, at);
  const texts = kernel.fields.map(({ name, type }) =>
    type === 'address' ? `${name} @${fields[name]}` : `${name} ${fields[name]}`,
  );
  return `${kernel.name}(${texts.join(', ')})`;
}

/** Throws TW_KERNELS_BAD_RECORD when an address does not hold what the kernel will touch. */
export function checkRecord(words: Int32Array, floats: Float32Array, at: number, allocator: Allocator): void {
  const kernel = KERNELS[words[at]!];
  if (kernel === undefined) throw new KernelError('TW_KERNELS_BAD_RECORD', `there is no kernel ${words[at]}`);
  const fields = fieldsOf(words, floats, at);
  const bad = (problem: string) =>
    new KernelError('TW_KERNELS_BAD_RECORD', `${problem} in ${describeRecord(words, floats, at)}`);
  for (const field of kernel.fields) {
    if (field.type !== 'address') continue;
    const address = fields[field.name]!;
    const bytes = field.bytes?.(fields) ?? 1;
    if (!(bytes >= 0)) throw bad(`the size of "${field.name}" is ${bytes} bytes`);
    if (address === 0 && !field.optional && bytes > 0) throw bad(`"${field.name}" is no tensor (address 0)`);
    if (address === 0 || bytes === 0) continue;
    const held = allocator.bytesFrom(address);
    if (held === undefined) throw bad(`"${field.name}" at address ${address} is in no held block`);
    if (held < bytes) throw bad(`"${field.name}" needs ${bytes} bytes, its block has ${held}`);
  }
}
