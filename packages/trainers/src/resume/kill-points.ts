// Kills the process with SIGKILL in the middle of what is named: a rollout, a backward pass, a save, or between two steps. Each wraps
// a port that training calls anyway (the engine, the model, the file system of Node), in a process of the resume test alone. What was
// being done is written to stderr first, so that the test can tell that the blow fell where it says.

import { writeSync } from 'node:fs';
import fileSystem from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname } from 'node:path';
import type { LanguageModel } from '@thinkwright/models';
import type { RolloutEngine } from '@thinkwright/rollouts';
import { tf } from '@thinkwright/tensors';

export type KillMoment = 'a rollout' | 'a backward pass' | 'a save' | 'two steps';

/** Does not return. */
export function die(during: string): void {
  writeSync(2, `killed in ${during}\n`);
  process.kill(process.pid, 'SIGKILL');
}

/** Dies as soon as one completion of the `count`-th call has two tokens: the others are anywhere. */
export function dyingEngine(engine: RolloutEngine, count: number): RolloutEngine {
  let calls = 0;
  return {
    info: () => engine.info(),
    score: (sequences, options) => engine.score(sequences, options),
    close: () => engine.close(),
    generate(requests, options) {
      calls++;
      const begun = new Set<string>();
      const onTokens = ({ key, sample }: { key: string; sample: number }) => {
        if (calls === count && begun.has(`${key} ${sample}`)) die(`a rollout of ${requests.length} prompts`);
        begun.add(`${key} ${sample}`);
      };
      return engine.generate(requests, { ...options, onTokens });
    },
  };
}

/** Dies in the `count`-th backward pass, when the head has its gradient and the blocks wait for theirs. */
export function dieInBackward(model: LanguageModel, count: number): void {
  let backwards = 0;
  const hidden = model.hidden.bind(model);
  const dying = tf.customGrad((value) => ({
    value: (value as tf.Tensor).clone(),
    gradFunc: (dy: tf.Tensor) => {
      if (++backwards === count) die('a backward pass');
      return dy.clone();
    },
  }));
  model.hidden = (...parameters) => dying(hidden(...parameters)) as tf.Tensor2D;
}

/** Dies in the `count`-th save, when half of trainer_state.json is written: after the weights and the optimizer, before the manifest. */
export function dieInSave(count: number): void {
  let saves = 0;
  const write = fileSystem.writeFile;
  fileSystem.writeFile = async (...parameters: Parameters<typeof write>) => {
    const [path, data] = parameters;
    if (basename(String(path)) === 'trainer_state.json' && ++saves === count) {
      await write(path, String(data).slice(0, String(data).length / 2));
      die(`a save to ${basename(dirname(String(path)))}`);
    }
    await write(...parameters);
  };
  syncBuiltinESMExports();
}
