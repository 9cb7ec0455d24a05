// What a check before the first step found: an error stops the run, a warning goes into its events.

import { TrainerError, type TrainerErrorCode } from '../errors.ts';
import type { TrainerEvent } from '../trainer.ts';

export interface Finding {
  severity: 'error' | 'warning';
  code: TrainerErrorCode | `TW_TRAINERS_${string}`;
  message: string;
}

/** @throws TrainerError with every error among the findings. @returns the warnings as events. */
export function reportFindings(findings: readonly Finding[], step: number): TrainerEvent[] {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    const messages = errors.map(({ message }) => message);
    throw new TrainerError(errors[0]!.code as TrainerErrorCode, `Nothing was trained. ${messages.join(' ')}`);
  }
  return findings.map(({ code, message }) => ({ type: 'warning', step, code, message }));
}
