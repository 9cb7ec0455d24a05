// Stochastic gradient descent with momentum, as torch.optim.SGD: weight decay is part of the gradient, the first momentum is the
// gradient itself, Nesterov looks one momentum ahead.

import { assignValues, tf } from '@thinkwright/tensors';
import type { UpdateRule } from './rule-optimizer.ts';

export interface SgdOptions {
  momentum?: number;
  dampening?: number;
  nesterov?: boolean;
  weightDecay?: number;
}

export function sgd({ momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 }: SgdOptions = {}): UpdateRule {
  return {
    name: 'SGD',
    slots: momentum === 0 ? [] : ['momentum_buffer'],
    update(value, gradient, { momentum_buffer: buffer }, { learningRate, updates, decay }) {
      const given = decay && weightDecay > 0 ? tf.add(gradient, tf.mul(value, weightDecay)) : gradient;
      let step = given;
      if (buffer !== undefined) {
        const isFirst = updates === 1;
        buffer.assign(isFirst ? tf.clone(given) : tf.add(tf.mul(buffer, momentum), tf.mul(given, 1 - dampening)));
        step = nesterov ? tf.add(given, tf.mul(buffer, momentum)) : buffer;
      }
      assignValues(value, tf.sub(value, tf.mul(step, learningRate)));
    },
  };
}
