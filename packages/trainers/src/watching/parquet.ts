// Writes small tables as Parquet: one row group, one plain uncompressed page a column, every column optional. What pyarrow, pandas,
// DuckDB and the Hub's viewer read; leaves out compression, dictionaries and nesting. https://parquet.apache.org/docs/file-format/

import { encodeStruct, type ThriftStruct, varint } from './thrift-compact.ts';

export interface ParquetColumn {
  name: string;
  type: 'string' | 'double' | 'int32';
  /** One for each row; null is a missing value. */
  values: readonly (string | number | null)[];
}

const PHYSICAL = { int32: 1, double: 5, string: 6 } as const;
const MAGIC = [...'PAR1'].map((letter) => letter.charCodeAt(0));
const OPTIONAL = 1;
const UTF8 = 0;
const PLAIN = 0;
const RLE = 3;
/** What marks a byte array as text, in the old spelling and the new. */
const TEXT: ThriftStruct = { 6: { i32: UTF8 }, 10: { struct: { 1: { struct: {} } } } };
const encoder = new TextEncoder();

/** @throws RangeError when columns differ in length, or share a name. */
export function parquetBytes(columns: readonly ParquetColumn[]): Uint8Array {
  const rows = columns[0]?.values.length ?? 0;
  if (columns.some(({ values }) => values.length !== rows))
    throw new RangeError(
      `Parquet: the columns have ${columns.map(({ values }) => values.length).join(', ')} rows; give each as many.`,
    );
  if (new Set(columns.map(({ name }) => name)).size < columns.length)
    throw new RangeError(`Parquet: two columns share a name: ${columns.map(({ name }) => name).join(', ')}.`);
  const parts: Uint8Array[] = [Uint8Array.from(MAGIC)];
  let offset = MAGIC.length;
  const chunks = columns.map((column): { chunk: ThriftStruct; size: number } => {
    const page = dataPage(column);
    const start = offset;
    offset += page.length;
    parts.push(page);
    const metadata: ThriftStruct = {
      1: { i32: PHYSICAL[column.type] },
      2: { list: [{ i32: PLAIN }, { i32: RLE }] },
      3: { list: [{ text: column.name }] },
      4: { i32: 0 },
      5: { i64: rows },
      6: { i64: page.length },
      7: { i64: page.length },
      9: { i64: start },
    };
    return { chunk: { 2: { i64: start }, 3: { struct: metadata } }, size: page.length };
  });
  const schema: ThriftStruct[] = [
    { 4: { text: 'schema' }, 5: { i32: columns.length } },
    ...columns.map(
      ({ name, type }): ThriftStruct => ({
        1: { i32: PHYSICAL[type] },
        3: { i32: OPTIONAL },
        4: { text: name },
        ...(type === 'string' ? TEXT : {}),
      }),
    ),
  ];
  const rowGroup: ThriftStruct = {
    1: { list: chunks.map(({ chunk }) => ({ struct: chunk })) },
    2: { i64: chunks.reduce((sum, { size }) => sum + size, 0) },
    3: { i64: rows },
  };
  const footer = encodeStruct({
    1: { i32: 1 },
    2: { list: schema.map((struct) => ({ struct })) },
    3: { i64: rows },
    4: { list: [{ struct: rowGroup }] },
    6: { text: 'thinkwright' },
  });
  parts.push(Uint8Array.from([...footer, ...littleEndian(footer.length), ...MAGIC]));
  return joined(parts);
}

function dataPage({ type, values }: ParquetColumn): Uint8Array {
  const levels = Uint8Array.from(definitionLevels(values));
  const present = values.filter((value) => value !== null);
  const body = joined([levels, ...present.map((value) => plain(type, value))]);
  const header = encodeStruct({
    1: { i32: 0 },
    2: { i32: body.length },
    3: { i32: body.length },
    5: { struct: { 1: { i32: values.length }, 2: { i32: PLAIN }, 3: { i32: RLE }, 4: { i32: RLE } } },
  });
  return joined([Uint8Array.from(header), body]);
}

/** 1 where there is a value, as runs of equal levels. */
function definitionLevels(values: readonly unknown[]): number[] {
  const runs: number[] = [];
  for (let start = 0; start < values.length; ) {
    const level = values[start] === null ? 0 : 1;
    let end = start;
    while (end < values.length && (values[end] === null ? 0 : 1) === level) end++;
    runs.push(...varint(2 * (end - start)), level);
    start = end;
  }
  return [...littleEndian(runs.length), ...runs];
}

function plain(type: ParquetColumn['type'], value: string | number): Uint8Array {
  if (type === 'string') {
    const text = encoder.encode(String(value));
    return joined([Uint8Array.from(littleEndian(text.length)), text]);
  }
  const bytes = new Uint8Array(type === 'int32' ? 4 : 8);
  const view = new DataView(bytes.buffer);
  if (type === 'int32') view.setInt32(0, Number(value), true);
  else view.setFloat64(0, Number(value), true);
  return bytes;
}

const littleEndian = (value: number) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
