// Launches return at once and a read does not hold the thread: while the device works on a long step, the event loop turns and signals
// are handled. Told by the order of events, not by a clock.
import { setImmediate } from 'node:timers/promises';
import { listDevices, tf, useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';

const hasNative = (await listDevices()).some(({ name, available }) => name === 'native' && available);

describe.skipIf(!hasNative)('while a long step runs', () => {
  beforeAll(async () => {
    await useDevice('native');
  });

  /** About a hundred thousand million operations, none of them done when this returns. */
  async function longStep(): Promise<number> {
    const sum = tf.tidy(() => {
      let product = tf.eye(1024) as tf.Tensor2D;
      for (let i = 0; i < 40; i++) product = tf.matMul(product, product);
      return tf.sum(product);
    });
    const [value] = await sum.data();
    sum.dispose();
    return value!;
  }

  it('the event loop turns, and a signal is handled before the result is there', async () => {
    const events: string[] = [];
    const onSignal = () => events.push('signal');
    process.once('SIGUSR2', onSignal);
    const step = longStep().then((sum) => {
      events.push('result');
      return sum;
    });
    process.kill(process.pid, 'SIGUSR2');
    let turns = 0;
    for (; !events.includes('result'); turns++) await setImmediate();
    expect(events).toEqual(['signal', 'result']);
    expect(turns).toBeGreaterThan(20);
    expect(await step).toBe(1024);
  });
});
