// The language-model head: log-probs of targets without a [N, V] matrix in memory, their gradient, and sampling.
import { at, atOrNull, gradientOutput, type KernelTable } from './native-kernel.ts';
import { refuseGradient } from './stored-data.ts';
import { withHeadWeight } from './stored-weights.ts';

export const headKernels: KernelTable = {
  TwTokenLogProbs(backend, { hidden, weight, targets, bias }, { temperature, innerScale, cap, keepPanels }) {
    const [rows, c] = hidden!.shape as [number, number];
    const logProbs = backend.output([rows]);
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
        temperature,
        innerScale,
        cap,
        added ? 1 : 0,
        type,
      ),
    );
    return [dHidden, dWeight, dBias].filter((gradient) => gradient !== undefined);
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
