// packing/labels.jsonl: which tokens SFTTrainer trains on, with truncation and every packing strategy. The chat template loses its
// generation marks first: the masks are computed by our renderer. That is also why assistant-only conversations of several turns
// are skipped: transformers ends a turn's mask at a character that has no token (the space after <|end|>) and then marks everything
// up to the end, the user's next turn included. We do not train on that.

import { createChatFormat, createTokenizer, type Tokenizer } from '@thinkwright/chat';
import { type PackingStrategy, packRows } from '@thinkwright/datasets';
import { supervisedTokens, type TrainingSequence } from '../batches/training-sequence.ts';
import { rowToSequence, type SequenceSettings, type SftRow } from '../sft/row-to-sequence.ts';
import { joined, pieceOf, truncated } from '../sft/sequence-source.ts';
import { countFamily, type ParityFamily } from './parity-family.ts';
import { readCases, readParityJson } from './parity-folder.ts';

interface LabelledRow {
  input_ids: number[];
  labels: number[];
}

export function labelsParity(folder: string): Promise<ParityFamily> {
  const about = readParityJson<{ chatTemplate: string }>(folder, 'packing/about.json');
  const tokenizer = createTokenizer({
    tokenizerJson: readParityJson(folder, 'packing/tokenizer.json'),
    tokenizerConfig: { pad_token: '<pad>', bos_token: '<s>', eos_token: '</s>' },
  });
  const cases = readCases<{ rows: SftRow[] }, { rows: LabelledRow[] }>(folder, 'packing/labels.jsonl');
  return countFamily(cases, ({ options, inputs, outputs }) => {
    const turns = inputs.rows.map(
      ({ messages }) => (messages as { role: string }[] | undefined)?.filter(isAssistant).length ?? 0,
    );
    if (options.assistant_only_loss && Math.max(...turns) > 1) return undefined;
    const isChat = inputs.rows.some((row) => row.messages !== undefined || Array.isArray(row.prompt));
    const settings: SequenceSettings = {
      tokenizer,
      ...(isChat && { format: chatFormat(tokenizer, about.chatTemplate) }),
      completionOnlyLoss: options.completion_only_loss as boolean,
      assistantOnlyLoss:
        options.assistant_only_loss === true || inputs.rows.some((row) => row.assistant_masks !== undefined),
      appendEos: true,
    };
    const rows = inputs.rows.map((row) => rowToSequence(row, settings));
    const sequences = fitted(rows, options);
    const differing = sequences.filter((row, i) => !sameLabels(row, outputs.rows[i]!)).length;
    const missing = Math.abs(sequences.length - outputs.rows.length);
    return [{ what: 'rows with other labels', deviation: differing + missing, tolerance: 0 }];
  });
}

/** What max_length makes of the rows: the first tokens of each, or packed bins laid end to end. */
function fitted(rows: TrainingSequence[], options: Record<string, unknown>): TrainingSequence[] {
  const maxLength = options.max_length as number | undefined;
  const isTrained = (row: TrainingSequence) => supervisedTokens(row) > 0; // TRL drops rows without a label, but no pieces
  if (maxLength === undefined) return rows.filter(isTrained);
  if (!options.packing) {
    const mode = (options.truncation_mode as 'keep_start' | 'keep_end' | undefined) ?? 'keep_start';
    return rows.map((row) => truncated(row, maxLength, mode)).filter(isTrained);
  }
  const trained = rows.filter(isTrained);
  const lengths = trained.map(({ ids }) => ids.length);
  const bins = packRows(lengths, maxLength, options.packing_strategy as PackingStrategy);
  return bins.map((bin) => joined(bin.map((segment) => pieceOf(trained, segment))));
}

const isAssistant = ({ role }: { role: string }) => role === 'assistant';

function chatFormat(tokenizer: Tokenizer, template: string) {
  return createChatFormat({
    tokenizer,
    template: template.replace(/\{%-? (end)?generation -?%\}/g, ''),
    policy: {
      marks: { open: '<think>', close: '</think>' },
      spacing: { afterOpen: '', beforeClose: '', afterClose: '' },
      defaultMode: 'no_think',
      systemFlag: false,
      emptyBlock: 'none',
      historyThinking: 'keep',
      prefillThinking: false,
    },
  });
}

function sameLabels({ ids, mask }: TrainingSequence, expected: LabelledRow): boolean {
  const labels = Array.from(ids, (id, i) => (mask[i] === 1 ? id : -100));
  return Array.from(ids).join() === expected.input_ids.join() && labels.join() === expected.labels.join();
}
