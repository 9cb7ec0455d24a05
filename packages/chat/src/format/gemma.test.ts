// A tokenizer and a template of the shape of Gemma 3's (byte fallback, spaces as ▁, an assistant called "model", the system message
// inside the first user turn), with texts of our own: the published ones print the same.

import { describe, expect, it } from 'vitest';
import type { Message } from '../messages.ts';
import { createTokenizer } from '../tokenizer/tokenizer.ts';
import { addedToken } from '../tokenizer/tokenizer-json.ts';
import { createChatFormat } from './chat-format.ts';
import { impliedPolicy } from './load-format.ts';

const TEMPLATE = `{{ bos_token }}
{%- set lead = '' -%}
{%- set turns = messages -%}
{%- if messages[0].role == 'system' -%}
  {%- set lead = messages[0].content | trim + '\\n\\n' -%}
  {%- set turns = messages[1:] -%}
{%- endif -%}
{%- for turn in turns -%}
  {%- if (turn.role == 'user') != (loop.index0 % 2 == 0) -%}
    {{ raise_exception('user and assistant take turns') }}
  {%- endif -%}
  {{ '<start_of_turn>' + ('model' if turn.role == 'assistant' else turn.role) + '\\n' -}}
  {{ (lead if loop.first else '') + turn.content | trim + '<end_of_turn>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{ '<start_of_turn>model\\n' -}}
{%- endif -%}`;

const CONTROL = ['<pad>', '<eos>', '<bos>', '<unk>', '<start_of_turn>', '<end_of_turn>'];
const BYTES = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
const LETTERS = [...'▁\nabcdefghijklmnopqrstuvwxyz0123456789=*+.?'];
const MERGES: [string, string][] = [
  ['▁', 't'],
  ['h', 'e'],
  ['▁t', 'he'],
];
const words = [...CONTROL, ...BYTES, ...LETTERS, ...MERGES.map((pair) => pair.join(''))];

const tokenizer = createTokenizer({
  tokenizerJson: {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: CONTROL.map((word, id) => addedToken(id, word, true)),
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
      ],
    },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
      merges: MERGES,
      byte_fallback: true,
      fuse_unk: true,
      unk_token: '<unk>',
    },
  },
  tokenizerConfig: { tokenizer_class: 'GemmaTokenizer', bos_token: '<bos>', eos_token: '<eos>', pad_token: '<pad>' },
});
const format = createChatFormat({ tokenizer, template: TEMPLATE, policy: impliedPolicy(TEMPLATE) });

describe('a format like that of Gemma 3', () => {
  it('prints turns of user and model, the system message inside the first', () => {
    const messages: Message[] = [
      { role: 'system', content: 'be brief ' },
      { role: 'user', content: ' what is 3*4?' },
    ];
    const { text, ids } = format.renderPrompt(messages);
    expect(text).toBe('<bos><start_of_turn>user\nbe brief\n\nwhat is 3*4?<end_of_turn>\n<start_of_turn>model\n');
    expect(tokenizer.decode(ids)).toBe(text);
    expect(() => format.renderPrompt([{ role: 'assistant', content: 'hi' }])).toThrow(/take turns/);
  });

  it('marks exactly what the model says, its end of turn included, and stops there', () => {
    const messages: Message[] = [
      { role: 'user', content: 'say the word é🙂' },
      { role: 'assistant', content: 'the é🙂 of the' },
      { role: 'user', content: 'again' },
      { role: 'assistant', content: 'it is the word.' },
    ];
    const { ids, mask, text } = format.renderConversation(messages);
    expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.decode(ids.filter((_, index) => mask[index] === 1))).toBe(
      'the é🙂 of the<end_of_turn>it is the word.<end_of_turn>',
    );
    expect(format.stopIds).toContain(words.indexOf('<end_of_turn>'));
    expect(format.stopIds).toContain(words.indexOf('<eos>'));
    const prompt = format.renderPrompt(messages.slice(0, 3));
    expect(ids.subarray(0, prompt.ids.length)).toEqual(prompt.ids);
  });

  it('spells what it does not know in bytes, and spaces where they were', () => {
    const ids = tokenizer.encode('the  the é');
    expect(Array.from(ids, (id) => words[id])).toEqual(['t', 'he', '▁', '▁the', '▁', '<0xC3>', '<0xA9>']);
    expect(tokenizer.decode(ids)).toBe('the  the é');
  });
});
