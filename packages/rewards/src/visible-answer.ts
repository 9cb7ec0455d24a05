// What of a completion is its answer, for rewards that look for one: not the turns of a conversation that the model went on to invent,
// not thinking under marks other than the policy's, not the question said again. Each of them was a way to be paid for a number
// that nobody gave as an answer.

/** Ends of turns and beginnings of the next, spelled out by a model that did not stop: of chat templates, and in plain words. */
const TURN_MARK =
  /<\|(?:im_start|im_end|im_sep|start_header_id|eot_id|eom_id|endoftext|end_of_text|user|assistant|system|end|return|turn)\|?>|<\/s>|<eos>|<turn\|>|<[|｜](?:User|Assistant|end▁of▁sentence)[|｜]>|<(?:start|end)_of_turn>|\[\/?INST\]|\n[ \t]*(?:#{2,} ?(?:Instruction|User|Human)\b|(?:User|Human)[ \t]*:)/i;

const NAMES = 'think(?:ing)?|thoughts?|reasoning|reason|scratchpad|analysis|reflection';
const OTHER_OPEN = `<[ \\t]*(?:${NAMES})[ \\t]*>|<\\|begin_of_thought\\|>|<\\|channel>(?:thought|analysis)|\\[THINK\\]`;
const OTHER_CLOSE = `<[ \\t]*/[ \\t]*(?:${NAMES})[ \\t]*>|<\\|end_of_thought\\|>|<channel\\|>|\\[/THINK\\]`;
const OTHER_MARK = new RegExp(`${OTHER_OPEN}|${OTHER_CLOSE}`, 'i');
/** From the first opening mark to the last closing one, as parseCompletion has it; to the end when none closes. */
const OPENS = new RegExp(OTHER_OPEN, 'i');
const CLOSES = new RegExp(OTHER_CLOSE, 'gi');

/** The text without invented turns and without thinking under marks that are not the policy's. */
export function visibleAnswer(text: string): string {
  const said = beforeInventedTurns(text);
  if (!OTHER_MARK.test(said)) return said;
  const open = OPENS.exec(said);
  const close = [...said.matchAll(CLOSES)].at(-1);
  const rest = close ? said.slice(close.index + close[0].length) : '';
  // A closing mark without an opening one: all before it was thinking.
  return `${open && (!close || open.index < close.index) ? said.slice(0, open.index) : ''} ${rest}`;
}

/** The text up to the first end of a turn. */
export function beforeInventedTurns(text: string): string {
  const turn = TURN_MARK.exec(text);
  return turn ? text.slice(0, turn.index) : text;
}

/** Whether an answer shows marks of thinking: of another policy, or of this one written differently. */
export function hasThinkingMarks(answer: string): boolean {
  return OTHER_MARK.test(answer);
}

/** Questions shorter than this may be said again by chance. */
const SHORTEST_QUESTION = 8;

/** The text without its repetitions of the question; white space and case do not matter. */
export function withoutQuestion(text: string, question: string): string {
  const plain = (wording: string) => wording.trim().replace(/\s+/g, ' ').toLowerCase();
  const [said, asked] = [plain(text), plain(question)];
  if (said === asked) return '';
  return asked.length < SHORTEST_QUESTION || !said.includes(asked) ? text : said.replaceAll(asked, ' ');
}
