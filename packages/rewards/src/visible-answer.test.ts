import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerReward } from './answer-reward.ts';
import { formatReward } from './format-reward.ts';
import { rewardContext } from './test/index.ts';
import { hasThinkingMarks, visibleAnswer, withoutQuestion } from './visible-answer.ts';

describe('visibleAnswer', () => {
  it.each([
    ['It is 7.', 'It is 7.'],
    ['It is 3.<|im_end|>\n<|im_start|>user\nThen 7?', 'It is 3.'],
    ['It is 3.</s> 7', 'It is 3.'],
    ['It is 3.<|endoftext|>7', 'It is 3.'],
    ['It is 3.<｜User｜>7', 'It is 3.'],
    ['It is 3.\nHuman: 7?\nAssistant: 7', 'It is 3.'],
    ['It is 3.\n### Instruction:\n7', 'It is 3.'],
    ['<thinking>7?</thinking>3', ' 3'],
    ['<THINK>7', ' '],
    ['so </think >3', ' 3'],
    ['<|begin_of_thought|>7<|end_of_thought|>3', ' 3'],
    ['<reasoning>3</reasoning>2<reasoning>7</reasoning>', ' '],
  ])('%j shows %j', (text, shown) => {
    expect(visibleAnswer(text)).toBe(shown);
  });

  it('leaves prose, code and tags of answers alone', () => {
    for (const text of [
      'Thinking of <answer>7</answer>',
      'if (a < think) { b > c }',
      'User: is a word',
      '**Human** rights: 7',
    ]) {
      expect(visibleAnswer(text)).toBe(text);
      expect(hasThinkingMarks(text)).toBe(false);
    }
  });

  it('what is added after an end of turn never changes the score', async () => {
    const reward = answerReward();
    const mark = fc.constantFrom('<|im_end|>', '</s>', '<|eot_id|>', '<end_of_turn>', '\nUser: ', '<|endoftext|>');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('It is 3.', '\\boxed{7}', '#### 7', 'None'),
        mark,
        fc.string(),
        async (said, end, more) => {
          const row = { prompt: 'Which?', answer: '7' };
          const [alone, gone] = await reward([said, `${said}${end}${more}7`].map((text) => rewardContext(`<think>a</think>${text}`, { row }))); // biome-ignore format: one line
          expect(gone).toBe(alone);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('withoutQuestion', () => {
  it('takes out what was asked, however it is spaced and cased', () => {
    expect(withoutQuestion('Which is it, 3 or 7', 'Which is it, 3 or 7')).toBe('');
    expect(withoutQuestion('WHICH is  it,\n3 or 7? Which is it, 3 or 7!', 'Which is it, 3 or 7')).toBe(' ?  !');
    expect(withoutQuestion('Which is it, 3 or 7? It is 7.', 'Which is it, 3 or 7')).toBe(' ? it is 7.');
    expect(withoutQuestion('I say 7', '7?')).toBe('I say 7');
  });
});

describe('formatReward', () => {
  it.each([
    ['<think>...</think>...', 0],
    ['<think>\u200b</think>It is 7', 0],
    ['<think>sum</think>\u200b\u2060', 0],
    ['<think>sum</think><answer></answer>', 0],
    ['<think>sum</think><answer>7</answer>', 1],
    ['<think>合計</think>七', 1],
    ['<think>sum</think><thinking>more</thinking>7', 0],
  ])('%j earns %d', async (text, value) => {
    expect(await formatReward()([rewardContext(text)])).toEqual([value]);
  });

  it('hides no thinking under other marks when none was asked for', async () => {
    const score = (text: string) => formatReward()([rewardContext(text, { mode: 'no_think' })]);
    expect([await score('7'), await score('<think></think>7'), await score('<thinking>3+4</thinking>7')]).toEqual([
      [1],
      [1],
      [0],
    ]);
  });
});
