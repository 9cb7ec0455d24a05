// Prompts from a stream of rows, rendered once; those that leave no room for an answer are left out and counted, never cut.

import type { ChatFormat, Message, Mode } from '@thinkwright/chat';
import type { RowStream } from '@thinkwright/datasets';
import type { Row } from '@thinkwright/rewards';
import { TrainerError } from '../errors.ts';

export interface Prompt {
  row: Row;
  messages: Message[];
  ids: Int32Array;
  text: string;
  mode: Mode;
  /** What the template wrote of the completion, such as an opening think mark. */
  prefilled: string;
}

export interface PromptSourceState {
  stream: unknown;
  read: number;
  tooLong: number;
  gated?: number;
}

/** Rows that may be left out one after another before that is an error. */
const LARGEST_SKIP = 10_000;

export class PromptSource {
  #stream: RowStream<Row>;
  #format: ChatFormat;
  #maxPromptLength: number;
  #admits: (row: Row) => boolean;
  read = 0;
  tooLong = 0;
  /** Rows that the gate refused. */
  gated = 0;

  /**
   * @param admits a gate that rows pass before they are rendered; all when left out.
   * @throws TrainerError PROMPT_TOO_LONG when no prompt can fit.
   */
  constructor(
    stream: RowStream<Row>,
    format: ChatFormat,
    maxPromptLength: number,
    admits: (row: Row) => boolean = () => true,
  ) {
    if (maxPromptLength < 1) {
      throw new TrainerError(
        'TW_TRAINERS_PROMPT_TOO_LONG',
        `The model's context less maxCompletionLength leaves ${maxPromptLength} tokens for a prompt, expected 1 or more. ` +
          'Lower maxCompletionLength, or use a model with a longer context.',
      );
    }
    this.#stream = stream;
    this.#format = format;
    this.#maxPromptLength = maxPromptLength;
    this.#admits = admits;
  }

  /** The next `count` prompts, fewer at the end of the stream. */
  async take(count: number): Promise<Prompt[]> {
    const prompts: Prompt[] = [];
    let refused = 0; // in a row: an endless stream must not hang
    while (prompts.length < count) {
      const row = await this.#stream.next();
      if (row === undefined) break;
      this.read++;
      if (!this.#admits(row)) {
        this.gated++;
        if (++refused >= LARGEST_SKIP) throw nothingAdmitted(refused);
        continue;
      }
      refused = 0;
      const prompt = this.render(row);
      if (prompt.ids.length <= this.#maxPromptLength) prompts.push(prompt);
      else this.tooLong++;
      if (this.tooLong >= 100 && this.tooLong === this.read) {
        throw new TrainerError(
          'TW_TRAINERS_PROMPT_TOO_LONG',
          `The first ${this.read} prompts are all longer than ${this.#maxPromptLength} tokens (the model's context less maxCompletionLength, or maxPromptLength). ` +
            'Shorten the prompts, lower maxCompletionLength, or use a model with a longer context.',
        );
      }
    }
    return prompts;
  }

  /** A row that was taken before, once more. */
  render(row: Row): Prompt {
    return renderRow(row, this.#format);
  }

  state(): PromptSourceState {
    return { stream: this.#stream.state(), read: this.read, tooLong: this.tooLong, gated: this.gated };
  }

  restore(state: PromptSourceState): void {
    this.#stream.restore(state.stream);
    this.read = state.read;
    this.tooLong = state.tooLong;
    this.gated = state.gated ?? 0;
  }
}

function nothingAdmitted(refused: number): TrainerError {
  return new TrainerError(
    'TW_TRAINERS_NO_ROWS',
    `${refused} rows one after another have a passRate outside of curriculum.minPassRate and maxPassRate. Widen the gate, or choose other rows.`,
  );
}

function renderRow(row: Row, format: ChatFormat): Prompt {
  if (Array.isArray(row.prompt)) {
    const { ids, text, mode, prefilled } = format.renderPrompt(row.prompt, { mode: row.mode });
    return { row, messages: row.prompt, ids, text, mode, prefilled };
  }
  if (typeof row.prompt !== 'string') {
    throw new TrainerError(
      'TW_TRAINERS_ROW_INVALID',
      `A row has the keys ${Object.keys(row).join(', ') || '(none)'}; RL needs "prompt": messages, or raw text.`,
    );
  }
  const ids = format.tokenizer.encode(row.prompt, { addSpecialTokens: false });
  return {
    row,
    messages: [{ role: 'user', content: row.prompt }],
    ids,
    text: row.prompt,
    mode: row.mode ?? 'think',
    prefilled: '',
  };
}
