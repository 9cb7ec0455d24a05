// Adam with the weight decay of torch.optim.Adam: an L2 term in the gradient. https://arxiv.org/abs/1412.6980. Decoupled decay and
// AMSGrad are AdamW's: createAdamW.

import { assignValues, tf } from '@thinkwright/tensors';
import type { UpdateRule } from './rule-optimizer.ts';

export interface AdamOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  weightDecay?: number;
}

export function adam(options: AdamOptions = {}): UpdateRule {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  return {
    name: 'Adam',
    slots: ['exp_avg', 'exp_avg_sq'],
    update(value, gradient, slots, { learningRate, updates, decay }) {
      const g = decay && weightDecay > 0 ? tf.add(gradient, tf.mul(value, weightDecay)) : gradient;
      const { exp_avg: average, exp_avg_sq: squareAverage } = slots;
      average!.assign(tf.add(average!, tf.mul(tf.sub(g, average!), 1 - beta1)));
      squareAverage!.assign(tf.add(tf.mul(squareAverage!, beta2), tf.mul(tf.square(g), 1 - beta2)));
      const denominator = tf.add(tf.div(tf.sqrt(squareAverage!), Math.sqrt(1 - beta2 ** updates)), epsilon);
      assignValues(value, tf.sub(value, tf.mul(tf.div(average!, denominator), learningRate / (1 - beta1 ** updates))));
    },
  };
}
