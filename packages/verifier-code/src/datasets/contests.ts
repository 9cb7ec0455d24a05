// Contest tasks: APPS (Hendrycks et al. 2021) and LiveCodeBench (Jain et al. 2024). Time limits are for
// native Python; ours is up to twice as slow, so they are multiplied by three.
import { inflateSync } from 'node:zlib';
import type { CallTest, CodeTests, Limits, StdioTest } from '../jobs/job.ts';
import type { CodeTask } from '../rewards/code-reward.ts';
import { type DataRow, listField, missing, parsedField, parseExactly } from './row-fields.ts';

const SLOWER = 3;
/** LiveCodeBench allows 6 s a test. */
const DEFAULT_TEST_MS = 6_000;

/** The star imports that LiveCodeBench's own harness puts before a solution. */
export const CONTEST_PRELUDE = `from string import *
from re import *
from datetime import *
from collections import *
from heapq import *
from bisect import *
from copy import *
from math import *
from random import *
from statistics import *
from itertools import *
from functools import *
from operator import *
from io import *
from sys import *
from json import *
from builtins import *
from typing import *
import string, re, datetime, collections, heapq, bisect, copy, math, random, statistics, itertools, functools, operator
import io, sys, json
`;

/** `input_output` holds inputs, outputs and, for functions, fn_name. */
export function appsTask(row: DataRow): CodeTask {
  const tests = parsedField(row, 'input_output') as { inputs?: unknown; outputs?: unknown; fn_name?: unknown } | null;
  if (!Array.isArray(tests?.inputs) || !Array.isArray(tests.outputs) || tests.inputs.length !== tests.outputs.length) {
    throw missing(row, 'input_output', 'inputs and outputs of the same number', tests);
  }
  const { inputs, outputs, fn_name: name } = tests;
  if (typeof name !== 'string') {
    const cases = inputs.map((input, i) => ({ input: linesOf(input), output: linesOf(outputs[i]) }));
    return contestTask({ kind: 'stdio', cases, comparison: { tokens: true } }, DEFAULT_TEST_MS);
  }
  const cases = inputs.map((args, i): CallTest => {
    const expected: unknown = outputs[i];
    // Most rows wrap the one result in a list.
    return {
      args: args as unknown[],
      expected: Array.isArray(expected) && expected.length === 1 ? expected[0] : expected,
    };
  });
  return contestTask({ kind: 'calls', entryPoint: entryPointOf(row, name), cases }, DEFAULT_TEST_MS);
}

/** Public and private cases; functional ones hold one JSON argument a line. */
export function liveCodeBenchTask(row: DataRow): CodeTask {
  type Case = { input: string; output: string; testtype?: string };
  const cases = [...(listField(row, 'public_test_cases') as Case[]), ...privateCases(row)] as Case[];
  if (cases.length === 0) throw missing(row, 'public_test_cases', 'a list with at least one case', []);
  const metadata = parsedField(row, 'metadata') as { func_name?: string } | null;
  if (cases[0]!.testtype !== 'functional') {
    const stdio = cases.map(({ input, output }): StdioTest => ({ input, output }));
    return contestTask({ kind: 'stdio', cases: stdio, comparison: { tokens: true } }, DEFAULT_TEST_MS);
  }
  if (typeof metadata?.func_name !== 'string') throw missing(row, 'metadata', 'an object with func_name', metadata);
  const calls = cases.map(({ input, output }): CallTest => {
    const args = input.split('\n').filter((line) => line.trim() !== '');
    return { args: args.map(parseExactly), expected: parseExactly(output) };
  });
  return contestTask(
    { kind: 'calls', entryPoint: entryPointOf(row, metadata.func_name), cases: calls },
    DEFAULT_TEST_MS,
  );
}

/** A task under the limits of its problem. @param testMs of one test, for native Python */
export function contestTask(tests: CodeTests, testMs: number, limits: Partial<Limits> = {}): CodeTask {
  const count = tests.kind === 'asserts' ? 1 : tests.cases.length;
  const testCpuMs = testMs * SLOWER;
  return {
    language: 'python',
    tests,
    prelude: CONTEST_PRELUDE,
    // All cases may not take their limit each: a job of many cases ends within a minute.
    limits: { ...limits, testCpuMs, cpuMs: Math.max(testCpuMs, Math.min(count * testCpuMs, 60_000)) },
  };
}

/** LeetCode tasks put the function into `class Solution`. */
function entryPointOf(row: DataRow, name: string): string {
  return /class\s+Solution\b/.test(String(row.starter_code ?? '')) ? `Solution.${name}` : name;
}

function linesOf(value: unknown): string {
  return Array.isArray(value) ? `${value.join('\n')}\n` : String(value);
}

function privateCases(row: DataRow): unknown[] {
  const value = row.private_test_cases;
  if (value === undefined || value === null || value === '') return [];
  const plain = parsedField(row, 'private_test_cases');
  if (Array.isArray(plain)) return plain;
  // Otherwise: JSON text, pickled, compressed, in base 64.
  try {
    const parsed = parseExactly(unpickledText(inflateSync(Buffer.from(String(value), 'base64'))));
    if (Array.isArray(parsed)) return parsed;
  } catch {
    // Reported below.
  }
  throw missing(row, 'private_test_cases', 'a list, JSON, or pickled JSON', value);
}

/** The one string in a pickle of a string. Nothing is executed. */
function unpickledText(pickle: Buffer): string {
  for (let at = 2; at < Math.min(pickle.length, 32); at++) {
    const opcode = pickle[at];
    if (opcode === 0x95) at += 8;
    else if (opcode === 0x8c) return pickle.toString('utf8', at + 2, at + 2 + pickle[at + 1]!);
    else if (opcode === 0x58) return pickle.toString('utf8', at + 5, at + 5 + pickle.readUInt32LE(at + 1));
    else if (opcode === 0x8d) return pickle.toString('utf8', at + 9, at + 9 + Number(pickle.readBigUInt64LE(at + 1)));
  }
  throw new Error('not a pickled string');
}
