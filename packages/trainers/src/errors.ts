// The one error class of this package: a code for programs, a message that names what was found, what was expected and the fix.

export type TrainerErrorCode =
  | 'TW_TRAINERS_OPTION_UNKNOWN'
  | 'TW_TRAINERS_OPTION_INVALID'
  | 'TW_TRAINERS_OPTIONS_CLASH'
  | 'TW_TRAINERS_ROW_INVALID'
  | 'TW_TRAINERS_NOTHING_SUPERVISED'
  | 'TW_TRAINERS_NO_ROWS'
  | 'TW_TRAINERS_SHAPE'
  | 'TW_TRAINERS_NOT_FINITE'
  | 'TW_TRAINERS_ALL_REWARDS_FAILED'
  | 'TW_TRAINERS_ROLLOUT_INCOMPLETE'
  | 'TW_TRAINERS_PROMPT_TOO_LONG'
  | 'TW_TRAINERS_CHECKPOINT_MISSING'
  | 'TW_TRAINERS_CHECKPOINT_CORRUPT'
  | 'TW_TRAINERS_CHECKPOINT_MISMATCH'
  | 'TW_TRAINERS_OUTPUT_FOLDER'
  | 'TW_TRAINERS_MEMORY'
  | 'TW_TRAINERS_PARITY_FOLDER';

/** An error of a trainer. `code` is stable; `message` ends with the fix. */
export class TrainerError extends Error {
  readonly code: TrainerErrorCode;

  constructor(code: TrainerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TrainerError';
    this.code = code;
  }
}
