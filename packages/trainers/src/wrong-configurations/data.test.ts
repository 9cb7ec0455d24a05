// Rows, masks, prompts and rewards that cannot be learned from: refused before a step, with the code and the hint that mend them.
import { arrayDataset } from '@thinkwright/datasets';
import { tinyModel } from '@thinkwright/models/test';
import { useDevice } from '@thinkwright/tensors';
import { beforeAll, it } from 'vitest';
import {
  type Case,
  expectRefusal,
  NO_ROWS,
  NOTHING,
  preference,
  problems,
  ROW,
  rl,
  rows,
  SHAPE,
  sft,
  size,
  sums,
} from './refusals.ts';

const noFormat = { format: undefined };
const cut = { perDeviceTrainBatchSize: 1 };
const silent = {
  generate() {
    throw new Error('the engine was asked');
  },
};
const data: Case[] = [
  ['nothing to train on', sft({ dataset: undefined }), NO_ROWS, /Give `stream` or `dataset`/],
  [
    'an empty stream',
    sft({ dataset: undefined, stream: sums.stream({ epochs: 0 }) }),
    NO_ROWS,
    /no rows\. Check the dataset/,
  ],
  [
    'a row of unknown shape',
    sft({ dataset: arrayDataset('odd', [{ question: 'x' }] as never) }),
    ROW,
    /Map the dataset to one of these/,
  ],
  [
    'a conversation without a reply',
    sft({ dataset: rows({ messages: [{ role: 'user', content: '1' }] }) }),
    'TW_CHAT_EMPTY_MASK',
    /no assistant turn.*Add one, or drop the row/,
  ],
  ['messages without a format', sft({ ...noFormat, dataset: rows({ messages: [] }) }), ROW, /pass `format`/],
  ['text without a tokenizer', sft(noFormat), ROW, /pass `tokenizer` or `format`/],
  [
    'a mask of another length',
    sft({ dataset: rows({ ids: [1, 2, 3], mask: [1] }) }),
    ROW,
    /3 ids but 1 mask entries; they must be equal/,
  ],
  ['masks of zeros', sft({ dataset: rows({ ids: [1, 2], mask: [0, 0] }) }), NOTHING, /set completionOnlyLoss/],
  [
    'rows that are all too long',
    sft({ maxLength: 2, dataset: undefined, stream: sums.stream({ epochs: 1 }) }),
    NO_ROWS,
    /Raise maxLength/,
  ],
  ['a dataset whose rows are all too long', sft({ maxLength: 2 }), NO_ROWS, /truncationMode/],
  [
    'a text prompt with a reply of messages',
    sft({ dataset: rows({ prompt: 'x', completion: [{ role: 'assistant', content: '3' }] }) }),
    ROW,
    /both as messages/,
  ],
  [
    'ids of another vocabulary',
    sft({ dataset: rows({ ids: [1, size + 5] }) }),
    SHAPE,
    /Tokenise them with the model's own/,
  ],
  [
    'a model of another vocabulary',
    sft({ model: tinyModel({ vocabularySize: 8, layerCount: 1 }), dataset: rows({ ids: [1, 2] }) }),
    SHAPE,
    /Load both from the same folder/,
  ],
  [
    'a policy of another vocabulary, before anything is sampled',
    rl({ model: tinyModel({ vocabularySize: 8, layerCount: 1 }), engine: silent }),
    SHAPE,
    /Load both from the same folder/,
  ],
  [
    'pairs for a model of another vocabulary',
    preference({ model: tinyModel({ vocabularySize: 8, layerCount: 1 }) }),
    SHAPE,
    /Load both from the same folder/,
  ],
  [
    'evaluation rows that say nothing',
    sft({ evalSteps: 1, evalDataset: rows({ ids: [1, 2], mask: [0, 0] }) }),
    NOTHING,
    /evalDataset: .*Check its split/,
  ],
  [
    'prompts for half a generation',
    rl({ dataset: undefined, stream: problems.stream({ epochs: 1 }), perDeviceTrainBatchSize: 8 }),
    NO_ROWS,
    /one generation needs 4\. Lower perDeviceTrainBatchSize/,
  ],
  ['no prompts', rl({ dataset: undefined }), NO_ROWS, /Give `stream` or `dataset`/],
  [
    'rewards that are no numbers',
    rl({ reward: () => [Number.NaN, Number.NaN] }),
    'TW_TRAINERS_ALL_REWARDS_FAILED',
    /reward returned NaN; a score is a finite number/,
  ],
  [
    'rewards that all fail',
    rl({ reward: () => [{ error: 'timeout' }, { error: 'timeout' }] }),
    'TW_TRAINERS_ALL_REWARDS_FAILED',
    /2 x error: timeout.*mend the reward function/,
  ],
  [
    'a reward that throws',
    rl({
      reward: () => {
        throw new Error('no network');
      },
    }),
    'TW_TRAINERS_ALL_REWARDS_FAILED',
    /no network.*mend the reward function/,
  ],
  [
    'too few rewards',
    rl({ reward: () => [1] }),
    'TW_TRAINERS_ALL_REWARDS_FAILED',
    /1 scores for 2 completions; it must return one score for each/,
  ],
  [
    'completions longer than the context',
    rl({ ...cut, perDeviceTrainBatchSize: 2, maxCompletionLength: 4096 }),
    'TW_TRAINERS_PROMPT_TOO_LONG',
    /leaves -?\d+ tokens for a prompt.*Lower maxCompletionLength/,
  ],
  [
    'a pair without a rejected reply',
    preference({ dataset: arrayDataset('pairs', [{ prompt: '1', chosen: '2' }]) }),
    ROW,
    /no rejected: preference learning needs/,
  ],
];

beforeAll(() => useDevice('cpu'));

it.each(data)('%s', (_, make, code, hint) => expectRefusal(make, code, hint));
