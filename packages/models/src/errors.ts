// What can be wrong with a model's files or options, by code, so that callers need not parse messages.

export type ModelErrorCode =
  | 'TW_MODELS_BAD_CONFIG'
  | 'TW_MODELS_UNSUPPORTED_ARCHITECTURE'
  | 'TW_MODELS_UNSUPPORTED_ROPE'
  | 'TW_MODELS_WEIGHTS_MISMATCH'
  | 'TW_MODELS_WEIGHTS_NOT_FINITE'
  | 'TW_MODELS_TOKENIZER_MISMATCH'
  | 'TW_MODELS_NOT_FOUND'
  | 'TW_MODELS_HUB'
  | 'TW_MODELS_OFFLINE'
  | 'TW_MODELS_BAD_ADAPTER'
  | 'TW_MODELS_ADAPTER_STATE'
  | 'TW_MODELS_FROZEN_STORAGE'
  | 'TW_MODELS_BAD_STORAGE'
  | 'TW_MODELS_BAD_NUMERICS'
  | 'TW_MODELS_INFERENCE_NUMERICS'
  | 'TW_MODELS_SEQUENCE_TOO_LONG'
  | 'TW_MODELS_NOTHING_SUPERVISED';

/** A model that cannot be made, loaded, adapted or run; the message says what was found, what was expected and the fix. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
