// The number fields of a launch record by name, and the bytes of its tensors, as native/records.json states them.
import { KERNELS } from './records.ts';

export type RecordFields = Record<string, number>;

/** @param at index of the record's first word */
export function fieldsOf(words: Int32Array, floats: Float32Array, at: number): RecordFields {
  const fields: RecordFields = {};
  for (const field of KERNELS[words[at]!]!.fields) {
    const word = at + field.word;
    if (field.type === 'float') fields[field.name] = floats[word]!;
    else if (field.type === 'long') fields[field.name] = words[word + 1]! * 4294967296 + (words[word]! >>> 0);
    else fields[field.name] = words[word]!;
  }
  return fields;
}
