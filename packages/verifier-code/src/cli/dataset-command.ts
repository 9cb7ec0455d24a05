// `dataset NAME FILE`: verifies each row's reference (or hostile) program, prints a table of statuses, and exits with 1 when a
// verdict is not the expected one.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import color from 'picocolors';
import { DATA_SETS, type DataSet, type DataSetName } from '../datasets/data-sets.ts';
import type { HostileTasks } from '../datasets/hostile.ts';
import type { DataRow } from '../datasets/row-fields.ts';
import { CodeVerifierError } from '../errors.ts';
import type { CodeJob, Language, Verdict } from '../jobs/job.ts';
import { createCodeVerifier } from '../verifier.ts';
import { readJsonLines } from './json-lines.ts';
import { progressBar } from './progress-bar.ts';

/** References end by themselves, some after seconds: a slow machine may take its time. */
const REFERENCE_LIMITS = { cpuMs: 30_000 };

export interface DatasetOptions {
  tasks?: string;
  workers?: number;
  limit?: number;
  json?: boolean;
}

export interface DatasetResult {
  total: number;
  /** Rows whose verdict is the expected one. */
  expected: number;
  verdictsPerSecond: number;
  unexpected: { id: string; status: string; message: string | null }[];
  statuses: Record<string, number>;
}

export async function datasetCommand(name: string, file: string, options: DatasetOptions): Promise<boolean> {
  if (!Object.hasOwn(DATA_SETS, name)) {
    const known = Object.keys(DATA_SETS).join(', ');
    throw new CodeVerifierError('TW_VERIFIER_CODE_OPTION', `no data set ${name}; there are ${known}.`);
  }
  const rows = readJsonLines(file).slice(0, options.limit);
  const result = await verifyRows(
    DATA_SETS[name as DataSetName],
    rows,
    readTasks(file, options.tasks),
    options.workers,
  );
  console.log(options.json ? JSON.stringify(result) : tableOf(result));
  return result.expected === result.total;
}

async function verifyRows(
  dataSet: DataSet,
  rows: DataRow[],
  tasks: HostileTasks,
  workers: number | undefined,
): Promise<DatasetResult> {
  const jobs = rows.map((row): CodeJob => {
    const task = dataSet.task(row, tasks);
    return { ...task, code: dataSet.program(row), limits: { ...REFERENCE_LIMITS, ...task.limits } };
  });
  const languages = [...new Set(jobs.map((job) => job.language))] as Language[];
  const result: DatasetResult = { total: rows.length, expected: 0, verdictsPerSecond: 0, unexpected: [], statuses: {} };
  const bar = progressBar(rows.length);
  await using verifier = await createCodeVerifier({ workers, languages });
  const started = performance.now();
  let next = 0;
  for await (const verdict of verifier.verifyEach(jobs)) {
    const row = rows[next++]!;
    bar.advance();
    result.statuses[verdict.status] = (result.statuses[verdict.status] ?? 0) + 1;
    if (dataSet.isExpected(verdict, row)) result.expected++;
    else result.unexpected.push(unexpected(row, verdict));
  }
  bar.end();
  result.verdictsPerSecond = Math.round((10_000 * rows.length) / (performance.now() - started)) / 10;
  return result;
}

function unexpected(row: DataRow, verdict: Verdict): DatasetResult['unexpected'][number] {
  return { id: String(row.task_id ?? row.id), status: verdict.status, message: verdict.failure?.message ?? null };
}

function readTasks(file: string, given: string | undefined): HostileTasks {
  const tasks = given ?? path.join(path.dirname(file), 'hostile-tasks.json');
  return given !== undefined || existsSync(tasks) ? (JSON.parse(readFileSync(tasks, 'utf8')) as HostileTasks) : {};
}

function tableOf({ total, expected, verdictsPerSecond, unexpected, statuses }: DatasetResult): string {
  const paint = expected === total ? color.green : color.red;
  const lines = Object.entries(statuses).map(([status, count]) => `${status.padEnd(10)} ${String(count).padStart(6)}`);
  lines.push(paint(`${expected} of ${total} verdicts are as expected`), `${verdictsPerSecond} verdicts a second`);
  for (const { id, status, message } of unexpected) lines.push(`  ${id}  ${status}  ${message ?? ''}`);
  return lines.join('\n');
}
