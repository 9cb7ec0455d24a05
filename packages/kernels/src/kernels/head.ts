// The language-model head: log-probs of targets, likeliest tokens and the divergence from a teacher without a [N, V] matrix in memory, their
// gradients, and sampling.
import { at, atOrNull, gradientOutput, type KernelTable } from './native-kernel.ts';
import { refuseGradient } from './stored-data.ts';
import { withHeadWeight } from './stored-weights.ts';

/** As kDivergenceNumbers of native/kernels/head-divergence.h. */
const DIVERGENCE_NUMBERS = 6;

export const headKernels: KernelTable = {
  TwTokenLogProbs(backend, { hidden, weight, targets, bias }, { temperature, innerScale, cap, keepPanels }) {
    const [rows, c] = hidden!.shape as [number, number];
    const logProbs = backend.output(targets!.shape);
    const entropy = backend.output([rows]);
    const logSumExp = backend.output([rows]);
    withHeadWeight(backend, weight!, keepPanels === true, (head, type) =>
      backend.runtime.stream.launch.tokenLogProbs(
        at(backend, hidden!),
        head,
        at(backend, targets!),
        atOrNull(backend, bias),
        logProbs.dataId.address,
        entropy.dataId.address,
        logSumExp.dataId.address,
        rows,
        c,
        weight!.shape[0]!,
        targets!.shape[1] ?? 1,
        temperature,
        innerScale,
        cap,
        type,
      ),
    );
    return [logProbs, entropy, logSumExp];
  },

  TwTokenLogProbsGrad(backend, { dLogProbs, hidden, weight, targets, logSumExp, bias, sum }, attributes) {
    const { temperature, innerScale, cap, wantHidden, wantWeight, wantBias } = attributes;
    refuseGradient(backend, [weight!]);
    const [rows, c] = hidden!.shape as [number, number];
    const v = weight!.shape[0]!;
    const dHidden = wantHidden ? backend.output([rows, c]) : undefined;
    const added = wantBias ? undefined : sum; // one flag says of weight and bias whether they are added to
    const dWeight = wantWeight ? gradientOutput(backend, added, [v, c]) : undefined;
    const dBias = wantBias ? backend.output([v]) : undefined;
    withHeadWeight(backend, weight!, false, (head, type) =>
      backend.runtime.stream.launch.tokenLogProbsGrad(
        at(backend, hidden!),
        head,
        at(backend, targets!),
        atOrNull(backend, bias),
        at(backend, logSumExp!),
        at(backend, dLogProbs!),
        atOrNull(backend, dHidden),
        atOrNull(backend, dWeight),
        atOrNull(backend, dBias),
        rows,
        c,
        v,
        targets!.shape[1] ?? 1,
        temperature,
        innerScale,
        cap,
        added ? 1 : 0,
        type,
      ),
    );
    return [dHidden, dWeight, dBias].filter((gradient) => gradient !== undefined);
  },

  TwTopTokenLogProbs(backend, { hidden, weight, bias }, { k, temperature, innerScale, cap }) {
    const [rows, c] = hidden!.shape as [number, number];
    const ids = backend.output([rows, k], 'int32');
    const logProbs = backend.output([rows, k]);
    withHeadWeight(backend, weight!, true, (head, type) =>
      backend.runtime.stream.launch.topTokenLogProbs(
        at(backend, hidden!),
        head,
        atOrNull(backend, bias),
        ids.dataId.address,
        logProbs.dataId.address,
        rows,
        c,
        weight!.shape[0]!,
        k,
        temperature,
        innerScale,
        cap,
        type,
      ),
    );
    return [ids, logProbs];
  },

  TwHeadDivergence(backend, { hidden, weight, teacherHidden, teacherWeight, targets }, attributes) {
    const { temperature, beta, keepPanels } = attributes;
    const [rows, c] = hidden!.shape as [number, number];
    const [divergence, logProbs, entropy] = [backend.output([rows]), backend.output([rows]), backend.output([rows])];
    const numbers = backend.output([rows, DIVERGENCE_NUMBERS]);
    withHeadWeight(backend, weight!, keepPanels === true, (head, type) =>
      withHeadWeight(backend, teacherWeight!, true, (teacherHead, teacherType) =>
        backend.runtime.stream.launch.headDivergence(
          at(backend, hidden!),
          head,
          at(backend, teacherHidden!),
          teacherHead,
          at(backend, targets!),
          divergence.dataId.address,
          logProbs.dataId.address,
          entropy.dataId.address,
          numbers.dataId.address,
          rows,
          c,
          teacherHidden!.shape[1]!,
          weight!.shape[0]!,
          temperature,
          beta,
          type,
          teacherType,
        ),
      ),
    );
    return [divergence, logProbs, entropy, numbers];
  },

  TwHeadDivergenceGrad(backend, inputs, { temperature, beta, wantHidden, wantWeight }) {
    const { dDivergence, hidden, weight, teacherHidden, teacherWeight, numbers, sum } = inputs;
    refuseGradient(backend, [weight!]);
    const [rows, c] = hidden!.shape as [number, number];
    const v = weight!.shape[0]!;
    const dHidden = wantHidden ? backend.output([rows, c]) : undefined;
    const dWeight = wantWeight ? gradientOutput(backend, sum, [v, c]) : undefined;
    withHeadWeight(backend, weight!, false, (head, type) =>
      withHeadWeight(backend, teacherWeight!, true, (teacherHead, teacherType) =>
        backend.runtime.stream.launch.headDivergenceGrad(
          at(backend, hidden!),
          head,
          at(backend, teacherHidden!),
          teacherHead,
          at(backend, numbers!),
          at(backend, dDivergence!),
          atOrNull(backend, dHidden),
          atOrNull(backend, dWeight),
          rows,
          c,
          teacherHidden!.shape[1]!,
          v,
          temperature,
          beta,
          sum ? 1 : 0,
          type,
          teacherType,
        ),
      ),
    );
    return [dHidden, dWeight].filter((gradient) => gradient !== undefined);
  },

  /** The sampled ids and the next positions become the inputs of the step that follows. Writes in place. */
  TwAdvance(backend, { ids, positions, sampled }) {
    const count = ids!.shape[0]!;
    const { launch } = backend.runtime.stream;
    launch.copyBytes(at(backend, sampled!), at(backend, ids!), 4 * count);
    launch.addInt(at(backend, positions!), count, 1);
    return [];
  },

  TwSampleTokens(backend, { logits, settings, seeds, keys, positions, slots, counts }) {
    const [rows, v] = logits!.shape as [number, number];
    const ids = backend.output([rows], 'int32');
    const logProbs = backend.output([rows]);
    backend.runtime.stream.launch.sampleTokens(
      at(backend, logits!),
      at(backend, settings!),
      at(backend, seeds!),
      at(backend, keys!),
      at(backend, positions!),
      atOrNull(backend, slots),
      atOrNull(backend, counts),
      ids.dataId.address,
      logProbs.dataId.address,
      rows,
      v,
      counts?.shape[0] ?? 0,
    );
    return [ids, logProbs];
  },

  /** Writes one row of counts in place. */
  TwStartCounts(backend, { counts, promptIds }, { slot }) {
    const v = counts!.shape[1]!;
    backend.runtime.stream.launch.startCounts(
      at(backend, counts!),
      at(backend, promptIds!),
      slot,
      promptIds!.shape[0]!,
      v,
    );
    return [];
  },
};
