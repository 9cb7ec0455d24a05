// The part of Thrift's compact protocol that a Parquet footer needs: structs of integers, strings, lists and structs.
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

export type ThriftValue =
  | { i32: number }
  | { i64: number }
  | { text: string }
  | { struct: ThriftStruct }
  | { list: ThriftValue[] };
/** Values by field id, ascending. */
export type ThriftStruct = Record<number, ThriftValue>;

const TYPE = { i32: 5, i64: 6, text: 8, list: 9, struct: 12 } as const;
const encoder = new TextEncoder();

export function encodeStruct(struct: ThriftStruct): number[] {
  const bytes: number[] = [];
  let before = 0;
  for (const [id, value] of Object.entries(struct)) {
    const step = Number(id) - before;
    before = Number(id);
    bytes.push((step << 4) | typeOf(value), ...encodeValue(value)); // steps here are below 16
  }
  return [...bytes, 0];
}

/** Unsigned LEB128. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    if (rest === 0) return [...bytes, low];
    bytes.push(low | 128);
  }
}

const typeOf = (value: ThriftValue) => TYPE[Object.keys(value)[0] as keyof typeof TYPE];

function encodeValue(value: ThriftValue): number[] {
  if ('i32' in value) return varint(2 * value.i32); // zigzag of what is never negative here
  if ('i64' in value) return varint(2 * value.i64);
  if ('struct' in value) return encodeStruct(value.struct);
  if ('text' in value) {
    const text = encoder.encode(value.text);
    return [...varint(text.length), ...text];
  }
  const type = value.list.length === 0 ? TYPE.i32 : typeOf(value.list[0]!);
  const size = value.list.length < 15 ? [(value.list.length << 4) | type] : [0xf0 | type, ...varint(value.list.length)];
  return [...size, ...value.list.flatMap(encodeValue)];
}
